package blob

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Put implements Store. The service shows an object only when all of it has
// arrived.
func (s *S3) Put(ctx context.Context, key string, content io.Reader, opts PutOptions) error {
	if err := checkKeys(ctx, key); err != nil {
		return err
	}
	seeker, ok := content.(io.ReadSeeker)
	if !ok {
		file, err := spool(ctx, content)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		seeker = file
	}
	in := &s3.PutObjectInput{Bucket: &s.bucket, Key: s.full(key), Body: seeker, Metadata: opts.Metadata}
	if opts.ContentType != "" {
		in.ContentType = &opts.ContentType
	}
	if opts.CacheControl != "" {
		in.CacheControl = &opts.CacheControl
	}
	if !opts.Overwrite {
		in.IfNoneMatch = aws.String("*")
	}
	_, err := s.client.PutObject(ctx, in)
	return s3Error(key, err)
}

// spool keeps a stream in a nameless temporary file, because a request is
// signed over its content and may have to be sent twice.
func spool(ctx context.Context, content io.Reader) (*os.File, error) {
	file, err := os.CreateTemp("", tempPrefix+"*")
	if err != nil {
		return nil, unavailable(err)
	}
	err = os.Remove(file.Name())
	if err == nil {
		_, err = io.Copy(file, body{ctx, io.NopCloser(content)})
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		err = errors.Join(err, file.Close())
		if e, ok := stopped(err); ok {
			return nil, e
		}
		return nil, unavailable(err)
	}
	return file, nil
}
