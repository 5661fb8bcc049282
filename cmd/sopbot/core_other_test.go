//go:build !linux

package main

func dumpable() {}
