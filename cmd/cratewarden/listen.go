package main

import (
	"errors"
	"net"
	"syscall"

	"cratewarden"
	"cratewarden/door"
)

// listen opens the console's address. It is called first, since making or
// importing a registry for minutes to find the address taken would be a
// nuisance. Unless other machines may come, it refuses any address that one
// could reach: what is said there could be read and changed on the way.
func listen(addr string, others bool, certificates *door.Certificates) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "The address to listen on must look like 127.0.0.1:8420.")
	}
	if ip := net.ParseIP(host); !others && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, refusedAddress()
	}
	listener, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, cratewarden.Wrap(err, cratewarden.Conflict, "The address %s is taken. Stop what listens there, or choose another with --addr.", addr)
	case err != nil:
		return nil, cratewarden.Wrap(err, cratewarden.Invalid, "This machine does not let cratewarden listen on %s. Choose another address with --addr.", addr)
	}
	if bound, ok := listener.Addr().(*net.TCPAddr); !others && (!ok || !bound.IP.IsLoopback()) { // a hosts file may say anything of localhost
		_ = listener.Close()
		return nil, refusedAddress()
	}
	return door.Wrap(listener, door.Patience{}, certificates), nil
}

func refusedAddress() error {
	return cratewarden.Errorf(cratewarden.Refused,
		"The console listens on loopback only (127.0.0.1 or [::1]), unless it speaks TLS (serve --tls-cert) or stands behind a proxy that the file of --sign-in names. Or reach it from elsewhere through a tunnel, such as ssh -L.")
}
