package main

// noticesEntry says where notices go besides the console itself.
type noticesEntry struct{}
