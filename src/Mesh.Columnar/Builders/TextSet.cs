namespace Mesh.Columnar;

/// <summary>A few texts of which a column repeats one per row (<see cref="BinaryBuilder.AppendChosen"/>).</summary>
public sealed class TextSet
{
    /// <summary>Bytes that one store writes.</summary>
    internal const int SlotBytes = 16;

    private readonly byte[][] texts;
    private readonly int[] lengths;

    /// <param name="texts">The texts in UTF-8.</param>
    public TextSet(IEnumerable<byte[]> texts)
    {
        this.texts = [.. texts];
        lengths = Array.ConvertAll(this.texts, text => text.Length);
        if (lengths.Any(length => length > SlotBytes)) return;
        Slots = new byte[this.texts.Length * SlotBytes];
        for (int i = 0; i < this.texts.Length; i++) this.texts[i].CopyTo(Slots, i * SlotBytes);
    }

    internal ReadOnlySpan<byte[]> Texts => texts;

    internal ReadOnlySpan<int> Lengths => lengths;

    /// <summary>The texts padded to the same length, so that each is copied by one store whatever its length; null when one is longer.</summary>
    internal byte[]? Slots { get; }
}
