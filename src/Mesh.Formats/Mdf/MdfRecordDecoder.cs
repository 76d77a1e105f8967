using Mesh.Columnar;
using Mesh.Formats.Messages;

namespace Mesh.Formats.Mdf;

/// <summary>Turns the records of one channel group into columns.</summary>
internal sealed class MdfRecordDecoder : MessageDecoder
{
    /// <exception cref="Mesh.Model.MeshException"><c>MESH10320</c> and following: the layout does not hold together.</exception>
    public static MdfRecordDecoder Create(MessageSchema schema, MessageDecoderOptions options) => throw new NotSupportedException();

    public override StructType Type => throw new NotSupportedException();

    public override void Decode(ReadOnlySpan<byte> message, ReadOnlySpan<ColumnBuilder> row) => throw new NotSupportedException();
}
