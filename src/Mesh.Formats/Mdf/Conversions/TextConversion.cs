using Mesh.Columnar;

namespace Mesh.Formats.Mdf.Conversions;

/// <summary>A conversion from numbers to text. Texts are encoded once, when it is made.</summary>
internal abstract class TextConversion
{
    /// <summary>Text of a value: one that is held, or put behind what <paramref name="scratch"/> has.</summary>
    /// <param name="value">Raw value.</param>
    /// <param name="bits">The same as an integer.</param>
    /// <param name="scratch">Takes texts that are not held.</param>
    /// <param name="isDefined">Whether the specification gives the value a text.</param>
    public abstract ReadOnlySpan<byte> Find(double value, long bits, ref TextScratch scratch, out bool isDefined);
}

/// <summary>What an entry of a table gives: a text, a number, the text of another conversion, or nothing.</summary>
internal readonly record struct TextEntry(byte[]? Text, NumericConversion? Number, TextConversion? Nested)
{
    /// <summary>A NIL link: the result is undefined.</summary>
    public bool IsUndefined => Text is null && Number is null && Nested is null;
}

/// <summary><see cref="MdfConversionKind.ValueToText"/> and <see cref="MdfConversionKind.RangeToText"/>; the default is the last entry.</summary>
internal sealed class TextTable(KeyIndex index, TextEntry[] entries) : TextConversion
{
    /// <summary>The texts, the default last, when the table has nothing else; else null.</summary>
    public TextSet? Texts { get; } = Array.TrueForAll(entries, entry => entry.Text is not null) ? new TextSet(entries.Select(entry => entry.Text!)) : null;

    /// <summary>Position in <see cref="Texts"/>.</summary>
    public int Find(double value) => index.Find(value) is >= 0 and var found ? found : entries.Length - 1;

    public override ReadOnlySpan<byte> Find(double value, long bits, ref TextScratch scratch, out bool isDefined)
    {
        int found = index.Find(value);
        ref readonly var entry = ref entries[found < 0 ? entries.Length - 1 : found];
        if (entry.Text is { } text)
        {
            isDefined = true;
            return text;
        }

        if (entry.Nested is { } nested) return nested.Find(value, bits, ref scratch, out isDefined);
        isDefined = entry.Number is not null;
        if (!isDefined) return default;
        int before = scratch.Text.Length;
        scratch.Append(entry.Number!.Apply(value));
        return scratch.Text[before..];
    }
}

/// <summary>
/// <see cref="MdfConversionKind.BitfieldText"/>: the texts of the masked values, joined with <c>|</c>; a part whose conversion has a name shows it.
/// Parts without a text are left out.
/// </summary>
internal sealed class BitfieldText(BitfieldText.Part[] parts) : TextConversion
{
    public override ReadOnlySpan<byte> Find(double value, long bits, ref TextScratch scratch, out bool isDefined)
    {
        int before = scratch.Text.Length;
        // A part may put a number into the scratch of its own, not between what is joined in this one.
        var own = new TextScratch(stackalloc byte[64]);
        foreach (ref readonly var part in parts.AsSpan())
        {
            own.Clear();
            ulong masked = (ulong)bits & part.Mask;
            var text = part.Conversion.Find(masked, (long)masked, ref own, out bool hasText);
            if (!hasText || text.IsEmpty) continue;
            if (scratch.Text.Length > before) scratch.Append("|"u8);
            scratch.Append(part.Prefix);
            scratch.Append(text);
        }

        own.Dispose();
        isDefined = true;
        return scratch.Text[before..];
    }

    /// <param name="Mask">Bits that the part shows.</param>
    /// <param name="Prefix">Name and <c> = </c>; empty without a name.</param>
    /// <param name="Conversion">Gives the text of the masked value.</param>
    internal readonly record struct Part(ulong Mask, byte[] Prefix, TextConversion Conversion);
}
