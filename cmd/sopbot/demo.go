package main

import (
	"context"
	"errors"
)

type demoCommand struct{}

func (demoCommand) Run(ctx context.Context) error { return errors.New("soon") }
