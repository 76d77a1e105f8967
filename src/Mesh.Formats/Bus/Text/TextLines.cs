using System.Globalization;
using Mesh.Formats.Blocks;
using Mesh.Model;

namespace Mesh.Formats.Bus.Text;

/// <summary>Cuts a source into lines, holding a stretch of it at a time.</summary>
internal sealed class TextLines(IByteSource source, LossList losses) : IDisposable
{
    /// <summary>Longest line, in bytes. Real ones are shorter than a thousand.</summary>
    public const int MaxLineBytes = 1 << 20;

    private const int StretchBytes = 256 << 10;
    private readonly SourceWindow window = new(source, 0, source.Length, StretchBytes);

    public void Dispose() => window.Dispose();

    /// <summary>Reads until <see cref="TryNext"/> can give a line; false at the end.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        while (window.Remaining > 0)
        {
            int wanted = (int)Math.Min(window.Remaining, StretchBytes);
            while (true)
            {
                await window.EnsureAsync(wanted, cancellationToken).ConfigureAwait(false);
                int held = window.Span.Length;
                if (held == 0 || held >= window.Remaining || window.Span.Contains((byte)'\n')) return held > 0;
                if (held >= MaxLineBytes) break;
                wanted = (int)Math.Min(window.Remaining, Math.Min(MaxLineBytes, held * 2L));
            }

            await SkipLineAsync(cancellationToken).ConfigureAwait(false);
        }

        return false;
    }

    /// <summary>The next line that is in memory, without its end; valid until the next <see cref="FillAsync"/>.</summary>
    public bool TryNext(out ReadOnlySpan<byte> line, out long offset, out bool isEnded)
    {
        var span = window.Span;
        offset = window.Position;
        int end = span.IndexOf((byte)'\n');
        isEnded = end >= 0;
        if (!isEnded && (span.IsEmpty || span.Length < window.Remaining))
        {
            line = default;
            return false;
        }

        line = isEnded ? span[..end] : span;
        window.Advance(isEnded ? end + 1 : span.Length);
        return true;
    }

    private async ValueTask SkipLineAsync(CancellationToken cancellationToken)
    {
        long start = window.Position;
        bool isFound = false;
        while (!isFound && window.Remaining > 0)
        {
            await window.EnsureAsync((int)Math.Min(window.Remaining, StretchBytes), cancellationToken).ConfigureAwait(false);
            int end = window.Span.IndexOf((byte)'\n');
            isFound = end >= 0;
            if (window.Span.IsEmpty) break;
            window.Advance(isFound ? end + 1 : window.Span.Length);
        }

        losses.Add(BusLosses.TooLarge, start, window.Position - start,
            string.Create(CultureInfo.InvariantCulture, $"a line of at most {MaxLineBytes:N0} bytes"),
            string.Create(CultureInfo.InvariantCulture, $"one of {window.Position - start:N0}"));
    }
}
