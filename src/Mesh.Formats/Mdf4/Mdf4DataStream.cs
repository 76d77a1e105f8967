using Mesh.Formats.Blocks;
using Mesh.Model;

namespace Mesh.Formats.Mdf4;

/// <summary>
/// The bytes of one stream of data in order, in pieces of about a megabyte; compressed blocks are decompressed ahead on several threads.
/// Plain blocks that are small are joined, so that a list of many little ones costs no more than a few big ones.
/// </summary>
internal sealed class Mdf4DataStream : IAsyncDisposable
{
    private const int TargetBytes = 1 << 20;
    private const int MaxSpare = 24;

    private readonly Mdf4BlockReader blocks;
    private readonly Mdf4FragmentWalker walker;
    private readonly RecordingReaderOptions options;
    private readonly BlockPipeline<Mdf4Piece> pipeline;
    private readonly Stack<Mdf4Piece> spare = [];
    private readonly int pieceBytes;
    private Mdf4Fragment? pending;
    private long taken;

    /// <param name="blocks">The file.</param>
    /// <param name="walker">The blocks of the stream.</param>
    /// <param name="options">Threads, budget, limits.</param>
    /// <param name="stride">Bytes of a record where all are equal: pieces of plain data then hold whole ones; else 1.</param>
    public Mdf4DataStream(Mdf4BlockReader blocks, Mdf4FragmentWalker walker, RecordingReaderOptions options, int stride)
    {
        this.blocks = blocks;
        this.walker = walker;
        this.options = options;
        pieceBytes = stride > 1 && stride < TargetBytes ? TargetBytes / stride * stride : TargetBytes;
        pipeline = new BlockPipeline<Mdf4Piece>(
            ReadAsync, piece => Mdf4Unzip.Work(piece, options), static piece => piece.Buffer.Length + (long)piece.Stored.Length, static _ => { }, Math.Max(1, options.Parallelism), options.MaxBufferedBytes);
    }

    /// <summary>The next piece; null at the end. It goes back with <see cref="Recycle"/>.</summary>
    public ValueTask<Mdf4Piece?> NextAsync(CancellationToken cancellationToken) => pipeline.NextAsync(cancellationToken);

    /// <summary>Takes a used piece back.</summary>
    public void Recycle(Mdf4Piece piece)
    {
        if (spare.Count < MaxSpare && piece.Buffer.Length + (long)piece.Stored.Length <= options.MaxBufferedBytes / 4) spare.Push(piece);
    }

    public ValueTask DisposeAsync() => pipeline.DisposeAsync();

    private async ValueTask<Mdf4Piece?> ReadAsync(CancellationToken cancellationToken)
    {
        Mdf4Piece? joined = null;
        while (true)
        {
            pending ??= await walker.NextAsync(cancellationToken).ConfigureAwait(false);
            if (pending is not { } fragment) return joined;
            bool isPlain = !fragment.IsLost && fragment.Zip == Mdf4Fragment.Plain;
            if (!isPlain)
            {
                if (joined is not null) return joined;
                pending = null;
                return fragment.IsLost ? Hole(fragment, fragment.Bytes, fragment.IsLengthKnown, fragment.Problem) : await ReadZippedAsync(fragment, cancellationToken).ConfigureAwait(false);
            }

            if (joined is not null && fragment.Problem is not null && taken == 0) return joined;
            joined ??= Rent(pieceBytes, 0, fragment);
            if (joined.Length == 0) Begin(joined, fragment);
            else if (taken == 0) joined.IsLinear = false;
            int count = (int)Math.Min(fragment.Bytes - taken, Math.Min(joined.Buffer.Length, pieceBytes) - joined.Length);
            int read = await blocks.ReadAsync(fragment.DataAt + taken, joined.Buffer.AsMemory(joined.Length, count), cancellationToken).ConfigureAwait(false);
            joined.Length += read;
            taken += read;
            if (taken >= fragment.Bytes || read < count)
            {
                long missing = fragment.Bytes - taken;
                pending = null;
                taken = 0;
                if (missing > 0)
                {
                    joined.Missing = missing;
                    joined.SecondProblem = new DataLoss(Mdf4Codes.Cut, fragment.DataAt + fragment.Bytes - missing, missing, "bytes that the source said it has", "its end");
                    return joined;
                }
            }

            if (joined.Length >= pieceBytes) return joined;
        }
    }

    private void Begin(Mdf4Piece piece, in Mdf4Fragment fragment)
    {
        piece.Logical = fragment.Logical + taken;
        piece.FileOffset = fragment.DataAt + taken;
        piece.IsLinear = true;
        piece.Problem ??= taken == 0 ? fragment.Problem : null;
    }

    private async ValueTask<Mdf4Piece> ReadZippedAsync(Mdf4Fragment fragment, CancellationToken cancellationToken)
    {
        if (fragment.Bytes > options.MaxBlockBytes || fragment.StoredBytes > options.MaxBlockBytes)
        {
            return Hole(fragment, fragment.Bytes, true, new DataLoss(
                Mdf4Codes.BlockLimit, fragment.Block, fragment.Bytes, $"blocks of at most {options.MaxBlockBytes:N0} bytes (MaxBlockBytes)", $"{fragment.Bytes:N0} bytes in {fragment.StoredBytes:N0}"));
        }

        if (!Mdf4Unzip.IsKnown(fragment.Zip))
        {
            return Hole(fragment, fragment.Bytes, true, new DataLoss(
                Mdf4Codes.UnknownCompression, fragment.Block, fragment.Bytes, "deflate, Zstandard or LZ4 (types 0 to 5)", $"type {fragment.Zip}"));
        }

        var problem = fragment.Problem;
        if (!Mdf4Unzip.IsPossible(fragment))
        {
            return Hole(fragment, fragment.Bytes, false, new DataLoss(
                Mdf4Codes.BadCompression, fragment.Block, 0, "a length that its compressed bytes can hold", $"{fragment.Bytes:N0} bytes in {fragment.StoredBytes:N0}"));
        }

        var piece = Rent((int)fragment.Bytes, (int)fragment.StoredBytes, fragment);
        piece.StoredLength = await blocks.ReadAsync(fragment.DataAt, piece.Stored.AsMemory(0, (int)fragment.StoredBytes), cancellationToken).ConfigureAwait(false);
        piece.Logical = fragment.Logical;
        piece.FileOffset = fragment.Block;
        piece.Problem = problem;
        return piece;
    }

    private Mdf4Piece Hole(in Mdf4Fragment fragment, long missing, bool known, DataLoss? problem)
    {
        var piece = Rent(0, 0, fragment);
        piece.Logical = fragment.Logical;
        piece.FileOffset = fragment.Block;
        piece.Missing = missing;
        piece.IsMissingKnown = known;
        piece.Problem = problem;
        piece.Fragment = default;
        return piece;
    }

    /// <summary>A piece with room; from those given back when one is large enough.</summary>
    private Mdf4Piece Rent(int bytes, int stored, in Mdf4Fragment fragment)
    {
        var piece = spare.Count > 0 ? spare.Pop() : new Mdf4Piece();
        if (piece.Buffer.Length < bytes) piece.Buffer = GC.AllocateUninitializedArray<byte>(bytes);

        // Compressed sizes vary from block to block: some room spares the next allocation.
        if (piece.Stored.Length < stored) piece.Stored = GC.AllocateUninitializedArray<byte>((int)Math.Min(stored + (stored / 4L), Array.MaxLength));
        piece.Length = 0;
        piece.Missing = 0;
        piece.IsMissingKnown = true;
        piece.Problem = piece.SecondProblem = null;
        piece.StoredLength = 0;
        piece.IsLinear = false;
        piece.Fragment = fragment.Zip == Mdf4Fragment.Plain ? default : fragment;
        return piece;
    }
}
