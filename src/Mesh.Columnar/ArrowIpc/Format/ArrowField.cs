namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>A column of a file: its type as written, and the one it becomes.</summary>
/// <param name="Field">What the column becomes.</param>
/// <param name="Layout">How its buffers are laid out.</param>
/// <param name="Width">Bits of an integer, bytes of a fixed-width value, or values of a fixed-size list.</param>
/// <param name="Signed">Whether an integer is signed.</param>
/// <param name="Scale">Factor from the stored unit to the column's: of dates, times and timestamps; negative to divide.</param>
/// <param name="Children">Element or members.</param>
internal sealed record ArrowField(Field Field, ArrowLayout Layout, int Width, bool Signed, long Scale, IReadOnlyList<ArrowField> Children)
{
    /// <summary>Id of its dictionary; null when the values are plain.</summary>
    public long? DictionaryId { get; init; }

    /// <summary>Layout of the indexes into the dictionary.</summary>
    public ArrowField? Index { get; init; }
}
