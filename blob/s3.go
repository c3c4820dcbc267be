package blob

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"cratewarden"
)

// S3 is a store in a bucket of any service that speaks the S3 protocol and
// honours If-None-Match on writes and copies.
type S3 struct {
	client *s3.Client
	bucket string
	// prefix is put before every key; empty or ending in a slash.
	prefix string
}

// Bucket says where a bucket is.
type Bucket struct {
	Name   string
	Prefix string
	// Region defaults to "us-west-1", as the registry's does.
	Region string
	// Endpoint is the address of a service other than Amazon's.
	Endpoint string
	// PathStyle puts the bucket in the path instead of the host name.
	PathStyle bool
	// Credentials is asked before every request, so keys may rotate. Without
	// it every request fails as Unavailable.
	Credentials aws.CredentialsProviderFunc
	// HTTPClient is nil for the SDK's own.
	HTTPClient *http.Client
}

// OpenS3 opens a bucket. It does not connect.
func OpenS3(b Bucket) (*S3, error) {
	prefix := strings.Trim(b.Prefix, "/")
	if b.Name == "" || strings.ContainsAny(b.Name, "/?#\\ ") || (prefix != "" && !ValidKey(prefix)) {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "The bucket of storage must look like s3://bucket/prefix.")
	}
	if prefix != "" {
		prefix += "/"
	}
	opts := s3.Options{
		Region:       b.Region,
		UsePathStyle: b.PathStyle,
		// The newer checksums are unknown to many services.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	}
	if b.Credentials == nil {
		b.Credentials = credentials(Config{})
	}
	opts.Credentials = b.Credentials
	if opts.Region == "" {
		opts.Region = "us-west-1"
	}
	if b.Endpoint != "" {
		opts.BaseEndpoint = &b.Endpoint
	}
	if b.HTTPClient != nil {
		opts.HTTPClient = b.HTTPClient
	}
	return &S3{client: s3.New(opts), bucket: b.Name, prefix: prefix}, nil
}

func (s *S3) full(key string) *string { return aws.String(s.prefix + key) }

// Get implements Store.
func (s *S3) Get(ctx context.Context, key string) (io.ReadCloser, Info, error) {
	if err := checkKeys(ctx, key); err != nil {
		return nil, Info{}, err
	}
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: s.full(key)})
	if err != nil {
		return nil, Info{}, s3Error(key, err)
	}
	info := Info{
		Key: key, Size: -1, ETag: aws.ToString(out.ETag), ContentType: aws.ToString(out.ContentType), ModTime: aws.ToTime(out.LastModified).UTC(),
		CacheControl: aws.ToString(out.CacheControl), Metadata: lowerKeys(out.Metadata), Headers: true,
	}
	if out.ContentLength != nil {
		info.Size = *out.ContentLength
	}
	return body{ctx, out.Body}, info, nil
}

// Stat implements Store.
func (s *S3) Stat(ctx context.Context, key string) (Info, error) {
	if err := checkKeys(ctx, key); err != nil {
		return Info{}, err
	}
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: s.full(key)})
	if err != nil {
		return Info{}, s3Error(key, err)
	}
	return Info{
		Key: key, Size: aws.ToInt64(out.ContentLength), ETag: aws.ToString(out.ETag),
		ContentType: aws.ToString(out.ContentType), ModTime: aws.ToTime(out.LastModified).UTC(),
		CacheControl: aws.ToString(out.CacheControl), Metadata: lowerKeys(out.Metadata), Headers: true,
	}, nil
}

// lowerKeys gives nil for none; services differ in the case they send back.
func lowerKeys(metadata map[string]string) map[string]string {
	if len(metadata) == 0 {
		return nil
	}
	lower := make(map[string]string, len(metadata))
	for k, v := range metadata {
		lower[strings.ToLower(k)] = v
	}
	return lower
}

// List implements Store.
func (s *S3) List(ctx context.Context, prefix, after string, limit int) ([]Info, error) {
	if err := checkPrefix(ctx, prefix); err != nil {
		return nil, err
	}
	in := &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: s.full(prefix), MaxKeys: aws.Int32(int32(pageSize(limit)))}
	if after != "" {
		in.StartAfter = s.full(after)
	}
	out, err := s.client.ListObjectsV2(ctx, in)
	if err != nil {
		return nil, s3Error(prefix, err)
	}
	found := make([]Info, 0, len(out.Contents))
	for _, o := range out.Contents {
		key, ok := strings.CutPrefix(aws.ToString(o.Key), s.prefix)
		if !ok {
			return nil, unavailable(errors.New("the listing holds a key outside its prefix"))
		}
		found = append(found, Info{Key: key, Size: aws.ToInt64(o.Size), ETag: aws.ToString(o.ETag), ModTime: aws.ToTime(o.LastModified).UTC()})
	}
	return found, nil
}

// Move implements Store: copy on condition that both ends are as expected,
// then delete.
func (s *S3) Move(ctx context.Context, from, to string) error {
	if err := checkKeys(ctx, from, to); err != nil {
		return err
	}
	source, err := s.Stat(ctx, from)
	if err != nil || from == to {
		return err
	}
	_, err = s.client.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: &s.bucket, Key: s.full(to), IfNoneMatch: aws.String("*"),
		CopySource: aws.String(copySource(s.bucket, s.prefix+from)), CopySourceIfMatch: &source.ETag,
	})
	if err != nil {
		clash := s3Error(to, err)
		if cratewarden.KindOf(clash) != cratewarden.Conflict {
			return clash
		}
		target, statErr := s.Stat(ctx, to)
		if statErr != nil || target.ETag != source.ETag || target.Size != source.Size {
			return clash
		}
	}
	return s.Delete(ctx, from)
}

func copySource(bucket, key string) string {
	parts := strings.Split(key, "/")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(url.PathEscape(p), "+", "%2B")
	}
	return bucket + "/" + strings.Join(parts, "/")
}

// Delete implements Store.
func (s *S3) Delete(ctx context.Context, key string) error {
	if err := checkKeys(ctx, key); err != nil {
		return err
	}
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: s.full(key)})
	if err = s3Error(key, err); cratewarden.KindOf(err) == cratewarden.NotFound {
		return nil
	}
	return err
}

// s3Error gives an error of the service its kind.
func s3Error(key string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := stopped(err); ok {
		return e
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		switch api.ErrorCode() {
		case "NoSuchBucket":
			return unavailable(err)
		case "PreconditionFailed", "ConditionalRequestConflict":
			return exists(key, err)
		case "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken":
			return denied(key, err)
		case "RequestTimeout":
			return contextError(err)
		}
	}
	// An answer to HEAD has no text, only a status.
	if resp, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		switch resp.HTTPStatusCode() {
		case http.StatusNotFound:
			return notFound(key, err)
		case http.StatusUnauthorized, http.StatusForbidden:
			return denied(key, err)
		case http.StatusPreconditionFailed, http.StatusConflict:
			return exists(key, err)
		}
	}
	return unavailable(err)
}
