using System.Globalization;
using System.Text;

namespace Mesh.Broker.Registry.Protobuf;

/// <summary>Declares the symbols of one file and resolves its names against them and the imported ones.</summary>
internal sealed class ProtoDeclarations(ProtoFile file, Dictionary<string, object?> symbols)
{
    private const int FirstReservedNumber = 19000;
    private const int LastReservedNumber = 19999;

    public void Declare()
    {
        string package = file.Package;
        for (int dot = package.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = package.IndexOf('.', dot + 1)) Add(package[..dot], null);
        if (package.Length > 0) Add(package, null);
        foreach (var message in file.Messages) Declare(message, package);
        foreach (var enumeration in file.Enums) Declare(enumeration, package);
        foreach (var extension in file.Extensions) Add(Join(package, extension.Name), new ProtoOwned(file, extension));
        foreach (var service in file.Services) Add(Join(package, service.Name), new ProtoOwned(file, service));
    }

    public void Resolve()
    {
        foreach (var message in file.Messages) Resolve(message);
        foreach (var enumeration in file.Enums) Check(enumeration);
        foreach (var extension in file.Extensions) Resolve(extension, file.Package);
        foreach (var service in file.Services)
        {
            foreach (var method in service.Methods)
            {
                string scope = Join(file.Package, service.Name);
                method.Input = MessageName(method.Input, scope, method.Name);
                method.Output = MessageName(method.Output, scope, method.Name);
            }
        }
    }

    private void Declare(ProtoMessage message, string scope)
    {
        message.FullName = Join(scope, message.Name);
        message.File = file;
        Add(message.FullName, message);
        foreach (var nested in message.Messages) Declare(nested, message.FullName);
        foreach (var enumeration in message.Enums) Declare(enumeration, message.FullName);
        foreach (var extension in message.Extensions) Add(Join(message.FullName, extension.Name), new ProtoOwned(file, extension));
    }

    private void Declare(ProtoEnum enumeration, string scope)
    {
        enumeration.FullName = Join(scope, enumeration.Name);
        enumeration.File = file;
        Add(enumeration.FullName, enumeration);

        // Values are siblings of their enum, as in C++.
        foreach (var value in enumeration.Values) Add(Join(scope, value.Name), new ProtoOwned(file, value));
    }

    private void Add(string name, object? symbol)
    {
        if (symbols.TryAdd(name, symbol) || (symbol is null && symbols[name] is null)) return;
        throw Error($"'{name}' is declared twice");
    }

    private void Resolve(ProtoMessage message)
    {
        Check(message);
        foreach (var field in message.Fields) Resolve(field, message.FullName);
        foreach (var nested in message.Messages) Resolve(nested);
        foreach (var enumeration in message.Enums) Check(enumeration);
        foreach (var extension in message.Extensions) Resolve(extension, message.FullName);
    }

    private void Resolve(ProtoField field, string scope)
    {
        if (field.Extendee is not null)
        {
            field.Extendee = MessageName(field.Extendee, scope, field.Name, field);
            var extendee = (ProtoMessage)symbols[field.Extendee[1..]]!;
            if (!extendee.ExtensionRanges.Exists(range => field.Number >= range.Start && field.Number < range.End)) throw Error($"{extendee.FullName} has no extension range with {field.Number}", field);
        }

        if (field.TypeName is not null)
        {
            (string name, object? symbol) = Find(field.TypeName, scope) ?? throw Error($"the type '{field.TypeName}' of {field.Name} is not defined", field);
            field.TypeName = "." + name;
            if (symbol is ProtoMessage message)
            {
                if (field.Type != ProtoType.Group) field.Type = ProtoType.Message;
                if (message.IsMapEntry && field.Label != ProtoLabel.Repeated) throw Error($"{field.Name} uses a map's entry as its type", field);
            }
            else
            {
                if (symbol is not ProtoEnum enumeration) throw Error($"'{name}', the type of {field.Name}, is neither a message nor an enum", field);
                if (file.IsProto3 && !enumeration.File!.IsProto3) throw Error($"the enum '{name}' is of proto2 and cannot be used in proto3", field);
                field.Type = ProtoType.Enum;
            }
        }

        field.JsonName ??= JsonName(field.Name);
        int at = field.Options.FindIndex(option => option.Is("default"));
        if (at < 0) return;
        if (file.IsProto3) throw Error("default values are of proto2", field);
        if (field.Label == ProtoLabel.Repeated) throw Error("a repeated field has no default value", field);
        field.Default = ProtoDefaults.Normalise(field, field.Options[at].Value, field.Type == ProtoType.Enum ? (ProtoEnum)symbols[field.TypeName![1..]]! : null)
            ?? throw Error($"the default value of {field.Name} does not fit its type", field);
        field.Options.RemoveAt(at);
    }

    private string MessageName(string name, string scope, string user, ProtoField? field = null) =>
        Find(name, scope) is (string full, ProtoMessage) ? "." + full : throw Error($"'{name}', used by {user}, is not a message that is defined", field);

    /// <summary>Finds what a name means: the innermost scope that knows its first part decides.</summary>
    private (string Name, object? Symbol)? Find(string name, string scope)
    {
        if (name[0] == '.') return symbols.TryGetValue(name[1..], out object? absolute) ? (name[1..], absolute) : null;
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        string first = dot < 0 ? name : name[..dot];
        while (true)
        {
            string candidate = Join(scope, first);
            if (symbols.TryGetValue(candidate, out object? symbol))
            {
                if (dot < 0)
                {
                    if (symbol is ProtoMessage or ProtoEnum) return (candidate, symbol);
                }
                else if (symbol is null or ProtoMessage)
                {
                    string whole = Join(scope, name);
                    if (symbols.TryGetValue(whole, out symbol)) return (whole, symbol);
                    if (scope.Length == 0) return null;
                }
            }

            if (scope.Length == 0) return null;
            int last = scope.LastIndexOf('.');
            scope = last < 0 ? "" : scope[..last];
        }
    }

    private void Check(ProtoMessage message)
    {
        var numbers = new Dictionary<int, string>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var oneof in message.Oneofs)
        {
            if (!names.Add(oneof.Name)) throw Error($"{message.FullName} declares '{oneof.Name}' twice");
        }

        foreach (var field in message.Fields)
        {
            if (!names.Add(field.Name)) throw Error($"{message.FullName} declares '{field.Name}' twice", field);
            if (!numbers.TryAdd(field.Number, field.Name)) throw Error($"{message.FullName} uses the number {field.Number} for '{numbers[field.Number]}' and for '{field.Name}'", field);
            if (field.Number is >= FirstReservedNumber and <= LastReservedNumber) throw Error($"the numbers {FirstReservedNumber} to {LastReservedNumber} belong to Protocol Buffers itself", field);
            if (message.ReservedNames.Contains(field.Name)) throw Error($"{message.FullName} reserves the name '{field.Name}'", field);
            if (message.ReservedRanges.Exists(range => field.Number >= range.Start && field.Number < range.End)) throw Error($"{message.FullName} reserves the number {field.Number}", field);
            if (message.ExtensionRanges.Exists(range => field.Number >= range.Start && field.Number < range.End)) throw Error($"{message.FullName} leaves the number {field.Number} to extensions", field);
        }
    }

    private void Check(ProtoEnum enumeration)
    {
        bool allowsAliases = enumeration.Options.Exists(option => option.Is("allow_alias") && option.Value.Text == "true");
        var numbers = new HashSet<int>();
        foreach (var value in enumeration.Values)
        {
            if (!numbers.Add(value.Number) && !allowsAliases) throw Error($"{enumeration.FullName} uses the number {value.Number} twice; set allow_alias if that is meant", null, enumeration.Line);
            if (enumeration.ReservedNames.Contains(value.Name)) throw Error($"{enumeration.FullName} reserves the name '{value.Name}'", null, enumeration.Line);
            if (enumeration.ReservedRanges.Exists(range => value.Number >= range.Start && value.Number <= range.End)) throw Error($"{enumeration.FullName} reserves the number {value.Number}", null, enumeration.Line);
        }
    }

    internal static string JsonName(string name)
    {
        var json = new StringBuilder(name.Length);
        bool isUpper = false;
        foreach (char c in name)
        {
            if (c != '_') json.Append(isUpper ? char.ToUpperInvariant(c) : c);
            isUpper = c == '_';
        }

        return json.ToString();
    }

    private static string Join(string scope, string name) => scope.Length == 0 ? name : $"{scope}.{name}";

    private ProtoSyntaxException Error(string problem, ProtoField? field = null, int line = 1) => new(file.Name, field?.Line ?? line, Math.Max(field?.Column ?? 1, 1), problem + ".");
}
