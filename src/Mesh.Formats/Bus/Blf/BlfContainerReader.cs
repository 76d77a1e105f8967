using System.Buffers.Binary;
using System.Globalization;
using Mesh.Formats.Blocks;
using Mesh.Model;

namespace Mesh.Formats.Bus.Blf;

/// <summary>
/// Reads the objects that lie directly in a BLF file: log containers one by one, others in runs. An object begins with <c>LOBJ</c>, header size
/// (16 bits), header version (16), object size (32), type (32), and up to seven bytes of padding follow it.
/// </summary>
internal sealed class BlfContainerReader(IByteSource source, long start, RecordingReaderOptions options) : IDisposable
{
    public const int BaseHeaderBytes = 16;
    private const int ContainerHeaderBytes = 32;
    private const int RunBytes = 256 << 10;
    private const int ReadBytes = 1 << 20;
    private readonly SourceWindow window = new(source, start, source.Length, ReadBytes);
    private LossList pending = new(options.MaxLosses);
    private int afterObject;

    /// <summary>Damage behind the last container.</summary>
    public IReadOnlyList<DataLoss> Pending => pending.Entries;

    /// <summary>Whether the file ended within an object.</summary>
    public bool EndedEarly { get; private set; }

    public void Dispose() => window.Dispose();

    /// <summary>Whether bytes begin as an object does.</summary>
    public static bool IsObject(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < BaseHeaderBytes || !bytes.StartsWith("LOBJ"u8)) return false;
        int header = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
        return header is >= BaseHeaderBytes and <= 256 && BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) >= header;
    }

    public async ValueTask<BlfContainer?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (!await SkipPaddingAsync(cancellationToken).ConfigureAwait(false)) return null;
            var head = window.Span;
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(head[8..]);
            bool isContainer = BinaryPrimitives.ReadUInt32LittleEndian(head[12..]) == BlfObjects.Container;
            if (size > options.MaxBlockBytes || (isContainer && size < ContainerHeaderBytes))
            {
                pending.Add(size > options.MaxBlockBytes ? BusLosses.TooLarge : BusLosses.MalformedObject, window.Position, BaseHeaderBytes,
                    string.Create(CultureInfo.InvariantCulture, $"an object of at most {options.MaxBlockBytes:N0} bytes"),
                    string.Create(CultureInfo.InvariantCulture, $"one of {size:N0}"));
                Pass(BaseHeaderBytes);
                afterObject = 0;
                continue;
            }

            return isContainer
                ? await ReadContainerAsync((int)size, cancellationToken).ConfigureAwait(false)
                : await ReadRunAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<BlfContainer> ReadContainerAsync(int size, CancellationToken cancellationToken)
    {
        long offset = window.Position;
        bool isTruncated = size > window.Remaining;
        int present = (int)Math.Min(size, window.Remaining);
        await window.EnsureAsync(present, cancellationToken).ConfigureAwait(false);
        present = Math.Min(present, window.Span.Length);
        if (isTruncated) ReportTruncated(offset, size, present, "a log container");
        var bytes = window.Span[..present];
        int method = present >= ContainerHeaderBytes ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[16..]) : 0;
        long claim = present >= ContainerHeaderBytes ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[24..]) : 0;
        int start = Math.Min(present, ContainerHeaderBytes);
        byte[] copy = SourceWindow.Rent(Math.Max(1, present - start));
        bytes[start..].CopyTo(copy);
        Pass(present);
        afterObject = size;
        return Deliver(new BlfContainer(copy, 0, present - start, offset, method, claim, isTruncated));
    }

    private async ValueTask<BlfContainer> ReadRunAsync(CancellationToken cancellationToken)
    {
        long offset = window.Position;
        byte[] copy = SourceWindow.Rent(RunBytes);
        int used = 0;
        bool isTruncated = false;
        do
        {
            var head = window.Span;
            if (!IsObject(head) || BinaryPrimitives.ReadUInt32LittleEndian(head[12..]) == BlfObjects.Container) break;
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(head[8..]);
            if (size > options.MaxBlockBytes) break;
            int present = (int)Math.Min(size, window.Remaining);
            await window.EnsureAsync(present, cancellationToken).ConfigureAwait(false);
            present = Math.Min(present, window.Span.Length);
            isTruncated = present < size;
            if (isTruncated) ReportTruncated(window.Position, size, present, "an object");
            else
            {
                if (copy.Length - used < present)
                {
                    byte[] larger = SourceWindow.Rent(used + present);
                    copy.AsSpan(0, used).CopyTo(larger);
                    SourceWindow.Release(copy);
                    copy = larger;
                }

                window.Span[..present].CopyTo(copy.AsSpan(used));
                used += present;
            }

            Pass(present);
            afterObject = (int)size;
        }
        while (!isTruncated && used < RunBytes && await SkipPaddingAsync(cancellationToken).ConfigureAwait(false) && pending.Entries.Count == 0);

        return Deliver(new BlfContainer(copy, 0, used, offset, 0, 0, false));
    }

    private BlfContainer Deliver(BlfContainer container)
    {
        if (pending.Entries.Count == 0) return container;
        container.LossesBefore.AddRange(pending.Entries);
        pending = new LossList(options.MaxLosses);
        return container;
    }

    private void ReportTruncated(long offset, long size, long present, string what)
    {
        EndedEarly = true;
        pending.Add(BusLosses.Truncated, offset, size - present, string.Create(CultureInfo.InvariantCulture, $"{what} of {size:N0} bytes"),
            string.Create(CultureInfo.InvariantCulture, $"the end of the file after {present:N0}"));
    }

    private void Pass(int count) => window.Advance(Math.Min(count, window.Span.Length));

    /// <summary>Goes on to the next object: over padding without a word, over anything else as loss.</summary>
    /// <returns>False at the end of the file.</returns>
    private async ValueTask<bool> SkipPaddingAsync(CancellationToken cancellationToken)
    {
        const int MaxPadding = 8;
        await window.EnsureAsync((int)Math.Min(BaseHeaderBytes + MaxPadding, window.Remaining), cancellationToken).ConfigureAwait(false);
        if (afterObject > 0)
        {
            int padding = window.Span[..Math.Min(MaxPadding, window.Span.Length)].IndexOf((byte)'L');
            if (padding > 0 && window.Span[padding..].StartsWith("LOBJ"u8)) window.Advance(padding);
        }

        if (IsObject(window.Span)) return true;
        if (window.Remaining == 0) return false;
        long offset = window.Position;
        bool isZero = true;
        bool found = false;
        while (!found && window.Remaining > 0)
        {
            int wanted = (int)Math.Min(ReadBytes, window.Remaining);
            if (!await window.EnsureAsync(wanted, cancellationToken).ConfigureAwait(false)) break;
            var span = window.Span;
            int at = 1;
            while (at < span.Length)
            {
                int next = span[at..].IndexOf("LOBJ"u8);
                if (next < 0) break;
                at += next;
                if (at + BaseHeaderBytes > span.Length && span.Length < window.Remaining) break;
                if (IsObject(span[at..]))
                {
                    found = true;
                    break;
                }

                at++;
            }

            // The last bytes may be the beginning of a mark.
            int pass = found ? at : window.Remaining == span.Length ? span.Length : span.Length - BaseHeaderBytes;
            isZero &= span[..pass].IndexOfAnyExcept((byte)0) < 0;
            window.Advance(pass);
        }

        long lost = window.Position - offset;

        // A logger that is switched off leaves zeros to the end of the space it had reserved.
        if (!(isZero && !found) && !(afterObject > 0 && !found && lost < 8))
        {
            EndedEarly |= !found;
            pending.Add(BusLosses.NotAnObject, offset, lost, "an object (LOBJ)", found ? "other bytes up to the next one" : "other bytes up to the end of the file");
        }

        afterObject = 0;
        return found;
    }
}
