// Reads lines of "full.name hex" on stdin, each a message that peerwire wrote; decodes it with the code that protoc-gen-go
// made from the emitted schema, refuses unknown fields, encodes it again and prints it as hex.
package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "peerwire-schema/schema"
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func unknown(message protoreflect.Message) (found bool) {
	if len(message.GetUnknown()) > 0 {
		return true
	}
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if field.Kind() != protoreflect.MessageKind {
			return true
		}
		switch {
		case field.IsMap():
			value.Map().Range(func(_ protoreflect.MapKey, item protoreflect.Value) bool {
				if message, ok := item.Interface().(protoreflect.Message); ok {
					found = found || unknown(message)
				}
				return true
			})
		case field.IsList():
			for i := 0; i < value.List().Len(); i++ {
				found = found || unknown(value.List().Get(i).Message())
			}
		default:
			found = found || unknown(value.Message())
		}
		return true
	})
	return found
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		name, content, _ := strings.Cut(lines.Text(), " ")
		kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(name))
		if err != nil {
			fail(err)
		}
		bytes, err := hex.DecodeString(content)
		if err != nil {
			fail(err)
		}
		message := kind.New().Interface()
		if err := proto.Unmarshal(bytes, message); err != nil {
			fail(err)
		}
		if unknown(message.ProtoReflect()) {
			fail(fmt.Errorf("%s: unknown fields", name))
		}
		again, err := proto.Marshal(message)
		if err != nil {
			fail(err)
		}
		fmt.Println(hex.EncodeToString(again))
	}
}
