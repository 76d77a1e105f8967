using Mesh.Columnar;
using Mesh.Formats.Mdf;

namespace Mesh.Formats.Mdf4.Writing;

/// <summary>How columns become records: structs flattened into <c>a.b.c</c>, one channel per leaf, the time first.</summary>
internal sealed class Mdf4ColumnPlan
{
    private readonly List<Leaf> leaves = [];
    private readonly List<MdfChannelLayout> channels = [];
    private int dataBytes = sizeof(long);
    private int invalidationBits;
    private int variableCount;

    public Mdf4ColumnPlan(string name, StructType type)
    {
        channels.Add(Mdf4RecordPlan.TimeChannel("time", 0));
        foreach (var (field, index) in type.Fields.Select((field, index) => (field, index))) Add(field, field.Name, [index], false);
        if (channels.Skip(1).Any(channel => channel.Name == "time")) channels[0] = channels[0] with { Name = "log_time" };
        Type = type;
        Layout = new MdfRecordLayout
        {
            Group = name, DataBytes = dataBytes, InvalidationBytes = (invalidationBits + 7) / 8, VariableCount = variableCount, Channels = channels,
        };
    }

    /// <summary>Type of the rows.</summary>
    public StructType Type { get; }

    /// <summary>Layout of the records.</summary>
    public MdfRecordLayout Layout { get; }

    /// <summary>The values that go into records, in order.</summary>
    public IReadOnlyList<Leaf> Leaves => leaves;

    private void Add(Field field, string name, int[] path, bool nullable)
    {
        nullable |= field.Nullable;
        if (field.Type is StructType structure)
        {
            for (int i = 0; i < structure.Fields.Count; i++) Add(structure.Fields[i], name + "." + structure.Fields[i].Name, [.. path, i], nullable);
            return;
        }

        var (kind, dataType, bytes) = Map(field.Type);
        bool isVariable = kind is Mdf4ColumnKind.Bytes or Mdf4ColumnKind.Text or Mdf4ColumnKind.Json;
        int bit = nullable ? invalidationBits++ : -1;
        int index = isVariable ? variableCount++ : -1;
        leaves.Add(new Leaf(name, path, kind, field.Type, dataBytes, bit, index));
        var (unit, conversion, note) = Meaning(field.Type);
        channels.Add(new MdfChannelLayout
        {
            Name = name, Type = isVariable ? MdfChannelType.VariableLength : MdfChannelType.Fixed, DataType = dataType, ByteOffset = dataBytes,
            BitCount = bytes * 8, InvalidationBit = bit, VariableIndex = index, Unit = unit, Conversion = conversion,
            Comment = field.Doc is { Length: > 0 } doc ? note.Length > 0 ? doc + "; " + note : doc : note,
        });
        dataBytes += bytes;
    }

    private static (Mdf4ColumnKind Kind, MdfDataType Type, int Bytes) Map(DataType type) => type switch
    {
        { Kind: TypeKind.Boolean } => (Mdf4ColumnKind.Boolean, MdfDataType.UnsignedLittleEndian, 1),
        { Kind: TypeKind.Int32 or TypeKind.Date32 } => (Mdf4ColumnKind.Four, MdfDataType.SignedLittleEndian, 4),
        { Kind: TypeKind.Int64 or TypeKind.TimestampMicros } => (Mdf4ColumnKind.Eight, MdfDataType.SignedLittleEndian, 8),
        { Kind: TypeKind.Float32 } => (Mdf4ColumnKind.Four, MdfDataType.FloatLittleEndian, 4),
        { Kind: TypeKind.Float64 } => (Mdf4ColumnKind.Eight, MdfDataType.FloatLittleEndian, 8),
        DecimalType { Precision: 20, Scale: 0 } => (Mdf4ColumnKind.Unsigned64, MdfDataType.UnsignedLittleEndian, 8),
        { Kind: TypeKind.Binary } => (Mdf4ColumnKind.Bytes, MdfDataType.ByteArray, 8),
        { Kind: TypeKind.Utf8 } => (Mdf4ColumnKind.Text, MdfDataType.StringUtf8, 8),
        _ => (Mdf4ColumnKind.Json, MdfDataType.StringUtf8, 8),
    };

    private static (string Unit, MdfConversion? Conversion, string Note) Meaning(DataType type) => type.Kind switch
    {
        TypeKind.TimestampMicros => ("s", new MdfConversion { Kind = MdfConversionKind.Linear, Values = [0, 1e-6] }, "seconds since 1970-01-01T00:00:00Z"),
        TypeKind.Date32 => ("d", null, "days since 1970-01-01"),
        TypeKind.List => ("", null, "JSON"),
        _ => ("", null, ""),
    };

    /// <summary>A value of the row that gets a place in the record.</summary>
    /// <param name="Name">Name of its channel.</param>
    /// <param name="Path">Indexes of the fields that lead to it.</param>
    /// <param name="Kind">How it is written.</param>
    /// <param name="Type">Its type.</param>
    /// <param name="Offset">Its first byte in the record.</param>
    /// <param name="InvalidationBit">Its invalidation bit; -1 for none.</param>
    /// <param name="VariableIndex">Which variable-length value it is; -1 for fixed ones.</param>
    public sealed record Leaf(string Name, int[] Path, Mdf4ColumnKind Kind, DataType Type, int Offset, int InvalidationBit, int VariableIndex);
}
