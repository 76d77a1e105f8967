namespace Mesh.Columnar.Parquet;

/// <summary>
/// The bytes at hand break the format. Thrown by decoders, which know what is wrong but not where; the reader turns it into a
/// <see cref="Model.MeshException"/> with file, column and offset.
/// </summary>
internal sealed class ParquetDataException(string message, bool isUnsupported = false) : Exception(message)
{
    /// <summary>Whether the bytes are sound but use a part of the format that is not read here.</summary>
    public bool IsUnsupported { get; } = isUnsupported;
}
