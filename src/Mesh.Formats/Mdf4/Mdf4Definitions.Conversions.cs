using Mesh.Formats.Mdf;

namespace Mesh.Formats.Mdf4;

/// <content>Conversions.</content>
internal sealed partial class Mdf4Definitions
{
    private const int MaxConversionDepth = 16;
    private readonly Dictionary<long, MdfConversion?> conversions = [];
    private readonly HashSet<long> conversionsOpen = [];

    private async ValueTask<MdfConversion?> ConversionAsync(long link, CancellationToken cancellationToken)
    {
        if (link == 0) return null;
        if (conversions.TryGetValue(link, out var known)) return known;
        var block = await blocks.ReadAsync(link, Mdf4BlockId.Conversion, cancellationToken).ConfigureAwait(false);
        return block is null ? null : await ConversionAsync(block, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<MdfConversion?> ConversionAsync(Mdf4Block block, CancellationToken cancellationToken)
    {
        if (conversions.TryGetValue(block.Position, out var known)) return known;
        int kind = block.Byte(0);
        if (conversionsOpen.Count >= MaxConversionDepth || !conversionsOpen.Add(block.Position) || kind > (int)MdfConversionKind.BitfieldText)
        {
            blocks.Losses.Report(
                kind > (int)MdfConversionKind.BitfieldText ? Mdf4Codes.NotRead : Mdf4Codes.Cycle, block.Position, 0,
                $"a conversion of type 0 to 11, nested at most {MaxConversionDepth} deep and not in itself", $"type {kind}; values are given unconverted");
            return null;
        }

        // The counts are claims: what is there decides.
        int references = Math.Min(block.UInt16(4), Math.Max(0, block.LinkCount - 4));
        int values = Math.Min(block.UInt16(6), Math.Max(0, block.Data.Length - 24) / 8);
        double[] parameters = new double[values];
        for (int i = 0; i < values; i++) parameters[i] = block.Double(24 + (8 * i));
        var targets = new MdfConversionReference[references];
        for (int i = 0; i < references; i++) targets[i] = await ReferenceAsync(block.Link(4 + i), cancellationToken).ConfigureAwait(false);
        conversionsOpen.Remove(block.Position);
        var conversion = new MdfConversion
        {
            Kind = (MdfConversionKind)kind,
            Values = parameters,
            References = kind == (int)MdfConversionKind.Algebraic ? [] : targets,
            Formula = kind == (int)MdfConversionKind.Algebraic && references > 0 ? targets[0].Text ?? "" : "",
            Name = await TextAsync(block.Link(0), cancellationToken).ConfigureAwait(false),
            Unit = await TextAsync(block.Link(1), cancellationToken).ConfigureAwait(false),
        };
        return conversions[block.Position] = conversion;
    }

    private async ValueTask<MdfConversionReference> ReferenceAsync(long link, CancellationToken cancellationToken)
    {
        if (link == 0) return new MdfConversionReference(null, null);
        if (texts.TryGetValue(link, out string? text)) return new MdfConversionReference(text, null);
        if (conversions.TryGetValue(link, out var conversion)) return new MdfConversionReference(null, conversion);
        var block = await blocks.ReadAsync(link, Mdf4BlockId.Text, Mdf4BlockId.Conversion, cancellationToken).ConfigureAwait(false);
        if (block is null) return new MdfConversionReference(null, null);
        return block.Id == Mdf4BlockId.Text
            ? new MdfConversionReference(texts[link] = block.Text(), null)
            : new MdfConversionReference(null, await ConversionAsync(block, cancellationToken).ConfigureAwait(false));
    }
}
