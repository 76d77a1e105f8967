namespace Mesh.Broker.Registry.Protobuf;

/// <content>Enums and services.</content>
internal sealed partial class ProtoParser
{
    private ProtoEnum Enumeration()
    {
        int line = token.Line;
        var enumeration = new ProtoEnum { Name = Identifier(), Line = line };
        Expect('{');
        while (!TakeSymbol('}'))
        {
            if (TakeSymbol(';')) continue;
            var at = token;
            string name = Identifier();
            if (name == "option" && !IsSymbol('='))
            {
                enumeration.Options.Add(Option());
                Expect(';');
                continue;
            }

            if (name == "reserved" && !IsSymbol('='))
            {
                Reserved(enumeration.ReservedRanges, enumeration.ReservedNames, isEnum: true);
                continue;
            }

            Expect('=');
            var value = new ProtoEnumValue(name, SignedInteger());
            if (IsSymbol('[')) BracketOptions(value.Options.Add);
            Expect(';');
            if (file.IsProto3 && enumeration.Values.Count == 0 && value.Number != 0) throw Error(at, $"the first value of a proto3 enum is zero; {name} is {value.Number}");
            enumeration.Values.Add(value);
        }

        if (enumeration.Values.Count == 0) throw Error($"the enum {enumeration.Name} has no value");
        return enumeration;
    }

    private ProtoService Service()
    {
        var service = new ProtoService { Name = Identifier() };
        Expect('{');
        while (!TakeSymbol('}'))
        {
            if (TakeSymbol(';')) continue;
            var at = token;
            switch (Word())
            {
                case "option":
                    service.Options.Add(Option());
                    Expect(';');
                    break;
                case "rpc":
                    service.Methods.Add(Method());
                    break;
                default:
                    throw Error(at, $"expected rpc or option, found '{at.Text}'");
            }
        }

        return service;
    }

    private ProtoMethod Method()
    {
        string name = Identifier();
        (string input, bool clientStreams) = Streamed();
        ExpectWord("returns");
        (string output, bool serverStreams) = Streamed();
        var method = new ProtoMethod { Name = name, Input = input, Output = output, ClientStreaming = clientStreams, ServerStreaming = serverStreams };
        if (TakeSymbol(';')) return method;
        Expect('{');
        method.HasBody = true;
        while (!TakeSymbol('}'))
        {
            if (TakeSymbol(';')) continue;
            ExpectWord("option");
            method.Options.Add(Option());
            Expect(';');
        }

        return method;
    }

    private (string Type, bool IsStream) Streamed()
    {
        Expect('(');
        string type = TypeName(mayBeAbsolute: true);
        bool isStream = type == "stream" && !IsSymbol(')');
        if (isStream) type = TypeName(mayBeAbsolute: true);
        Expect(')');
        return (type, isStream);
    }
}
