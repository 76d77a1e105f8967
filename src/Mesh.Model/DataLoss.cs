namespace Mesh.Model;

/// <summary>A place where a recording no longer holds what was recorded. Loss is data: it ends in the catalogue, not only in a log.</summary>
/// <param name="Code">Stable code of the kind of damage (<c>MESH10xxx</c>).</param>
/// <param name="Offset">Byte position in the recording where the damage begins.</param>
/// <param name="Bytes">Bytes that could not be used; 0 when nothing is missing but a promise is broken (a wrong checksum of an index).</param>
/// <param name="Expected">What the format's specification requires at that place.</param>
/// <param name="Found">What was there.</param>
public sealed record DataLoss(string Code, long Offset, long Bytes, string Expected, string Found)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Code}: {Bytes:N0} bytes lost at byte {Offset:N0}: expected {Expected}, found {Found}";
}
