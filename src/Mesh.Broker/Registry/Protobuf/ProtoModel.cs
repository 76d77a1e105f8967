namespace Mesh.Broker.Registry.Protobuf;

/// <summary>Types of fields, numbered as in <c>FieldDescriptorProto.Type</c>. A named type is unknown until it is linked.</summary>
internal enum ProtoType
{
    Unresolved = 0,
    Double = 1,
    Float = 2,
    Int64 = 3,
    UInt64 = 4,
    Int32 = 5,
    Fixed64 = 6,
    Fixed32 = 7,
    Bool = 8,
    String = 9,
    Group = 10,
    Message = 11,
    Bytes = 12,
    UInt32 = 13,
    Enum = 14,
    SFixed32 = 15,
    SFixed64 = 16,
    SInt32 = 17,
    SInt64 = 18,
}

/// <summary>Labels of fields, numbered as in <c>FieldDescriptorProto.Label</c>.</summary>
internal enum ProtoLabel
{
    Optional = 1,
    Required = 2,
    Repeated = 3,
}

/// <summary>A part of an option's name; extensions stand in parentheses.</summary>
internal readonly record struct ProtoOptionName(string Name, bool IsExtension);

/// <summary>What an option is set to, as it is written.</summary>
/// <param name="Kind">Form of the value.</param>
/// <param name="Text">Identifier, number with its sign, decoded text, or the tokens of an aggregate separated by spaces.</param>
/// <param name="Bytes">The decoded bytes of a string.</param>
internal sealed record ProtoValue(ProtoValueKind Kind, string Text, byte[]? Bytes = null);

internal enum ProtoValueKind
{
    Identifier,
    Integer,
    Float,
    String,
    Aggregate,
}

/// <summary>An option as it is written.</summary>
internal sealed record ProtoOption(IReadOnlyList<ProtoOptionName> Name, ProtoValue Value)
{
    public bool Is(string name) => Name is [{ IsExtension: false } only] && only.Name == name;
}

/// <summary>Numbers from one to another; the end is exclusive for messages and inclusive for enums, as in descriptors.</summary>
internal sealed record ProtoRange(int Start, int End)
{
    public List<ProtoOption> Options { get; init; } = [];
}

internal sealed record ProtoImport(string Path, bool IsPublic, bool IsWeak);

/// <summary>A <c>.proto</c> file in the shape of <c>FileDescriptorProto</c>.</summary>
internal sealed class ProtoFile
{
    public string Name { get; set; } = "";

    /// <summary>Version of the language: proto2 or proto3.</summary>
    public string Syntax { get; set; } = "proto2";

    public string Package { get; set; } = "";

    public List<ProtoImport> Imports { get; } = [];

    public List<ProtoMessage> Messages { get; } = [];

    public List<ProtoEnum> Enums { get; } = [];

    public List<ProtoService> Services { get; } = [];

    public List<ProtoField> Extensions { get; } = [];

    public List<ProtoOption> Options { get; } = [];

    public bool IsProto3 => Syntax == "proto3";
}

internal sealed class ProtoMessage
{
    public required string Name { get; set; }

    public List<ProtoField> Fields { get; } = [];

    public List<ProtoOneof> Oneofs { get; } = [];

    public List<ProtoMessage> Messages { get; } = [];

    public List<ProtoEnum> Enums { get; } = [];

    public List<ProtoField> Extensions { get; } = [];

    public List<ProtoRange> ExtensionRanges { get; } = [];

    public List<ProtoRange> ReservedRanges { get; } = [];

    public List<string> ReservedNames { get; } = [];

    public List<ProtoOption> Options { get; } = [];

    /// <summary>Whether it is the entry of a map field.</summary>
    public bool IsMapEntry { get; set; }

    /// <summary>Full name, without a leading dot; set by the linker.</summary>
    public string FullName { get; set; } = "";

    /// <summary>File that declares it; set by the linker.</summary>
    public ProtoFile? File { get; set; }
}

internal sealed class ProtoOneof
{
    public required string Name { get; init; }

    /// <summary>Whether it stands for a field of proto3 that tracks its presence.</summary>
    public bool IsSynthetic { get; init; }

    public List<ProtoOption> Options { get; } = [];
}

internal sealed class ProtoField
{
    public required string Name { get; set; }

    public int Number { get; set; }

    public ProtoLabel Label { get; set; } = ProtoLabel.Optional;

    public ProtoType Type { get; set; }

    /// <summary>Name of a message or enum as it is written; after linking the full name with a leading dot.</summary>
    public string? TypeName { get; set; }

    /// <summary>Message that an extension extends.</summary>
    public string? Extendee { get; set; }

    /// <summary>Index in the message's oneofs; -1 for none.</summary>
    public int Oneof { get; set; } = -1;

    /// <summary>Whether proto3 text says <c>optional</c>.</summary>
    public bool IsProto3Optional { get; set; }

    /// <summary>Default value as a descriptor says it; set by the linker.</summary>
    public string? Default { get; set; }

    public string? JsonName { get; set; }

    public List<ProtoOption> Options { get; } = [];

    public int Line { get; set; }

    public int Column { get; set; }
}

internal sealed class ProtoEnum
{
    public required string Name { get; init; }

    public List<ProtoEnumValue> Values { get; } = [];

    public List<ProtoRange> ReservedRanges { get; } = [];

    public List<string> ReservedNames { get; } = [];

    public List<ProtoOption> Options { get; } = [];

    public string FullName { get; set; } = "";

    /// <summary>File that declares it; set by the linker.</summary>
    public ProtoFile? File { get; set; }

    public int Line { get; set; }
}

internal sealed record ProtoEnumValue(string Name, int Number)
{
    public List<ProtoOption> Options { get; init; } = [];
}

internal sealed class ProtoService
{
    public required string Name { get; init; }

    public List<ProtoMethod> Methods { get; } = [];

    public List<ProtoOption> Options { get; } = [];
}

internal sealed class ProtoMethod
{
    public required string Name { get; init; }

    public required string Input { get; set; }

    public required string Output { get; set; }

    public bool ClientStreaming { get; init; }

    public bool ServerStreaming { get; init; }

    /// <summary>Whether it is written with braces, empty or not; a descriptor then has options.</summary>
    public bool HasBody { get; set; }

    public List<ProtoOption> Options { get; } = [];
}
