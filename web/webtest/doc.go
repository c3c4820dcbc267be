// Package webtest looks at pages as people do: in a real browser. A test serves
// a handler on loopback, opens its pages in one headless Chromium that all tests
// of a binary share, presses keys, asks axe-core what a visitor with a disability
// could not use, and takes pictures. Whatever the browser complains about, above
// all a breach of the content policy, fails the test by itself.
//
// A package that uses it needs
//
//	func TestMain(m *testing.M) { os.Exit(webtest.Main(m)) }
package webtest
