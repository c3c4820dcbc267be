package registry

// LargeWhole reads any crate as large ones are.
var LargeWhole = (*Reader).largeWhole
