using Mesh.Columnar;

namespace Mesh.Formats.Messages;

/// <summary>Payloads that are not understood: kept as they are in one column.</summary>
internal sealed class BytesDecoder : MessageDecoder
{
    public override StructType Type { get; } = new([new Field("data", DataType.Binary)]);

    public override void Decode(ReadOnlySpan<byte> message, ReadOnlySpan<ColumnBuilder> row) => ((BinaryBuilder)row[0]).Append(message);
}
