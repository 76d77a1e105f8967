namespace Mesh.Formats.Mdf.Conversions;

/// <summary>Finds texts among the keys of <see cref="MdfConversionKind.TextToValue"/> and <see cref="MdfConversionKind.TextToText"/>: case counts.</summary>
internal sealed class TextKeys
{
    private readonly byte[][] keys;
    private readonly int[] entries;

    /// <param name="texts">Key of each entry; of equal ones the first counts, a missing one matches nothing.</param>
    public TextKeys(IReadOnlyList<byte[]?> texts)
    {
        var sorted = texts.Select((text, i) => (Text: text, Entry: i)).Where(key => key.Text is not null).ToArray();
        Array.Sort(sorted, static (x, y) => x.Text.AsSpan().SequenceCompareTo(y.Text) is var order and not 0 ? order : x.Entry - y.Entry);
        keys = [.. sorted.Select(key => key.Text!)];
        entries = [.. sorted.Select(key => key.Entry)];
    }

    /// <summary>Entry of a text in UTF-8; -1 for none.</summary>
    public int Find(ReadOnlySpan<byte> text)
    {
        int low = 0;
        int high = keys.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (keys[middle].AsSpan().SequenceCompareTo(text) < 0) low = middle + 1;
            else high = middle;
        }

        return low < keys.Length && text.SequenceEqual(keys[low]) ? entries[low] : -1;
    }
}

/// <summary><see cref="MdfConversionKind.TextToValue"/>.</summary>
/// <param name="Keys">The texts.</param>
/// <param name="Values">Their numbers, then the default.</param>
internal sealed record TextToValue(TextKeys Keys, double[] Values)
{
    public double Find(ReadOnlySpan<byte> text) => Keys.Find(text) is >= 0 and var entry ? Values[entry] : Values[^1];
}

/// <summary><see cref="MdfConversionKind.TextToText"/>.</summary>
/// <param name="Keys">The texts.</param>
/// <param name="Texts">Their translations, then the default; null for none, which leaves the text as it is.</param>
internal sealed record TextToText(TextKeys Keys, byte[]?[] Texts)
{
    public byte[]? Find(ReadOnlySpan<byte> text) => Keys.Find(text) is >= 0 and var entry ? Texts[entry] : Texts[^1];
}
