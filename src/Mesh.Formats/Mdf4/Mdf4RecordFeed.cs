namespace Mesh.Formats.Mdf4;

/// <summary>Records of a stream by index, forward: invalidation bytes of column storage, and masters kept in another group.</summary>
internal sealed class Mdf4RecordFeed(Mdf4DataStream stream, int stride, Mdf4Losses losses, byte filler = 0) : IAsyncDisposable
{
    private Mdf4Piece? piece;
    private bool ended;

    /// <summary>Copies records; places that are lost are filled with the filler.</summary>
    /// <returns>Whether all of them were there.</returns>
    public async ValueTask<bool> ReadAsync(long firstIndex, Memory<byte> target, CancellationToken cancellationToken)
    {
        long logical = firstIndex * stride;
        int filled = 0;
        bool whole = true;
        while (filled < target.Length && !ended)
        {
            if (piece is null)
            {
                piece = await stream.NextAsync(cancellationToken).ConfigureAwait(false);
                if (piece is null)
                {
                    ended = true;
                    break;
                }

                if (piece.Problem is { } problem) losses.Report(problem);
                if (piece.SecondProblem is { } second) losses.Report(second);
            }

            long at = logical + filled - piece.Logical;
            if (at < 0)
            {
                int hole = (int)Math.Min(-at, target.Length - filled);
                target.Span.Slice(filled, hole).Fill(filler);
                filled += hole;
                whole = false;
                continue;
            }

            if (at >= piece.Length)
            {
                stream.Recycle(piece);
                piece = null;
                continue;
            }

            int count = (int)Math.Min(piece.Length - at, target.Length - filled);
            piece.Buffer.AsSpan((int)at, count).CopyTo(target.Span[filled..]);
            filled += count;
        }

        target.Span[filled..].Fill(filler);
        return whole && filled == target.Length;
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();
}
