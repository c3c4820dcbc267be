package blob

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"cratewarden"
)

// credentials reads keys anew for every request: a rotated file or variable
// counts at once, and none is kept in memory for longer than needed.
func credentials(cfg Config) aws.CredentialsProviderFunc {
	return func(context.Context) (aws.Credentials, error) {
		if cfg.CredentialsFile != "" {
			return fromFile(cfg.CredentialsFile)
		}
		if cfg.Getenv != nil {
			for _, names := range [][3]string{
				{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"},
				{"AWS_ACCESS_KEY", "AWS_SECRET_KEY", ""},
			} {
				c := aws.Credentials{Source: "environment", AccessKeyID: cfg.Getenv(names[0]), SecretAccessKey: cfg.Getenv(names[1])}
				if names[2] != "" {
					c.SessionToken = cfg.Getenv(names[2])
				}
				if c.HasKeys() {
					return c, nil
				}
			}
		}
		return aws.Credentials{}, cratewarden.Errorf(cratewarden.Unavailable, "There are no keys for the storage bucket. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give a credentials file.")
	}
}

func fromFile(name string) (aws.Credentials, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		message := "The credentials file of storage cannot be read."
		if errors.Is(err, fs.ErrNotExist) {
			message = "The credentials file of storage does not exist."
		}
		return aws.Credentials{}, cratewarden.Wrap(err, cratewarden.Unavailable, "%s", message)
	}
	c := aws.Credentials{Source: "file"}
	inDefault := true
	scan := bufio.NewScanner(strings.NewReader(string(text)))
	for scan.Scan() {
		line := strings.TrimSpace(scan.Text())
		if strings.HasPrefix(line, "[") {
			inDefault = line == "[default]"
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok || !inDefault || strings.HasPrefix(line, "#") {
			continue
		}
		switch value = strings.TrimSpace(value); strings.TrimSpace(key) {
		case "aws_access_key_id":
			c.AccessKeyID = value
		case "aws_secret_access_key":
			c.SecretAccessKey = value
		case "aws_session_token":
			c.SessionToken = value
		}
	}
	if !c.HasKeys() {
		return aws.Credentials{}, cratewarden.Errorf(cratewarden.Unavailable, "The credentials file of storage holds no aws_access_key_id and aws_secret_access_key in its section default.")
	}
	return c, nil
}
