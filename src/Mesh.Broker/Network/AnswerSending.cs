using System.Buffers;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;

namespace Mesh.Broker.Network;

/// <summary>Sends an answer, taking the records in it from the segments' files piece by piece: however much is fetched, little is held.</summary>
internal static class AnswerSending
{
    /// <summary>Stays in the processor's cache between reading and sending; between two pieces it shows whether the client takes them.</summary>
    private const int PieceBytes = 128 << 10;

    /// <param name="stream">Connection.</param>
    /// <param name="answer">Answer.</param>
    /// <param name="sent">Called after each piece with its length.</param>
    /// <param name="cancellationToken">The connection's end.</param>
    /// <exception cref="IOException">The connection or a file failed; part of the answer may have been sent.</exception>
    public static async ValueTask SendAsync(Stream stream, ProtocolWriter answer, Action<int> sent, CancellationToken cancellationToken)
    {
        if (answer.Regions.Count == 0)
        {
            for (var left = answer.Written; !left.IsEmpty; left = left[Math.Min(PieceBytes, left.Length)..])
            {
                int length = Math.Min(PieceBytes, left.Length);
                await stream.WriteAsync(left[..length], cancellationToken).ConfigureAwait(false);
                sent(length);
            }

            return;
        }

        byte[] piece = ArrayPool<byte>.Shared.Rent((int)Math.Min(PieceBytes, answer.TotalBytes));
        try
        {
            int filled = 0;
            int written = 0;
            foreach (var (at, region) in answer.Regions)
            {
                for (; written < at; written += Take(answer.Written[written..at].Span, piece, ref filled)) await FlushWhenFullAsync().ConfigureAwait(false);
                for (int read = 0; read < region.Length;)
                {
                    await FlushWhenFullAsync().ConfigureAwait(false);
                    int more = RandomAccess.Read(region.File, piece.AsSpan(filled, Math.Min(piece.Length - filled, region.Length - read)), region.Position + read);
                    if (more == 0) throw new IOException("A segment ended before its records.");
                    filled += more;
                    read += more;
                }
            }

            for (; written < answer.Length; written += Take(answer.Written[written..].Span, piece, ref filled)) await FlushWhenFullAsync().ConfigureAwait(false);
            await FlushAsync().ConfigureAwait(false);

            ValueTask FlushWhenFullAsync() => filled == piece.Length ? FlushAsync() : ValueTask.CompletedTask;

            async ValueTask FlushAsync()
            {
                await stream.WriteAsync(piece.AsMemory(0, filled), cancellationToken).ConfigureAwait(false);
                sent(filled);
                filled = 0;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private static int Take(ReadOnlySpan<byte> from, byte[] piece, ref int filled)
    {
        int count = Math.Min(from.Length, piece.Length - filled);
        from[..count].CopyTo(piece.AsSpan(filled));
        filled += count;
        return count;
    }
}
