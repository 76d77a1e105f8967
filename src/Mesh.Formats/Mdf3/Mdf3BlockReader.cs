using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Mesh.Formats.Mdf4;
using Mesh.Model;

namespace Mesh.Formats.Mdf3;

/// <summary>
/// Reads definition blocks. Sound blocks do not overlap, so all of them together are no longer than the file; a file whose links say otherwise is cut off there.
/// </summary>
internal sealed class Mdf3BlockReader(IByteSource source, LossList losses, bool isBigEndian, int codePage)
{
    private const int HeaderBytes = 4;
    private const int PageBytes = 64 << 10;

    // More than any recorder writes: some hundred thousand channels.
    private const long MaxDefinitionBytes = 64L << 20;
    private readonly byte[] page = new byte[PageBytes];
    private readonly Encoding? encoding = codePage is 0 or 65001 ? null : CodePagesEncodingProvider.Instance.GetEncoding(codePage);
    private readonly HashSet<(long Position, string Problem)> reported = [];
    private readonly SortedSet<long> starts = [];
    private long pageStart;
    private int pageLength;
    private long bytesLeft = Math.Min(source.Length, MaxDefinitionBytes);

    public bool IsBigEndian => isBigEndian;

    public long FileBytes => source.Length;

    public LossList Losses => losses;

    /// <summary>Where blocks begin that have been read, and where data begins that is linked to.</summary>
    public SortedSet<long> Starts => starts;

    /// <summary>Reads the block at a link; null when there is none, which is reported.</summary>
    public async ValueTask<Mdf3Block?> ReadAsync(long position, string id, int minimumBytes, CancellationToken cancellationToken)
    {
        if (await TryReadAsync(position, id, minimumBytes, report: true, cancellationToken).ConfigureAwait(false) is not { } block) return null;
        starts.Add(position);
        return block;
    }

    /// <summary>Reads the block if there is one.</summary>
    public async ValueTask<Mdf3Block?> TryReadAsync(long position, string id, int minimumBytes, bool report, CancellationToken cancellationToken)
    {
        if (position + HeaderBytes > source.Length || position < 0)
        {
            if (report) Report(Mdf3Codes.Cut, position, $"a {id} block", $"the end of the file at byte {source.Length:N0}");
            return null;
        }

        if (!IsInPage(position, HeaderBytes)) await LoadAsync(position, cancellationToken).ConfigureAwait(false);
        if (!IsInPage(position, HeaderBytes)) return null;
        int at = (int)(position - pageStart);
        int length = isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(page.AsSpan(at + 2)) : BinaryPrimitives.ReadUInt16LittleEndian(page.AsSpan(at + 2));
        if (page[at] != id[0] || page[at + 1] != id[1] || length < minimumBytes)
        {
            if (report) Report(Mdf3Codes.BadLink, position, $"a {id} block of at least {minimumBytes} bytes", $"bytes {Convert.ToHexStringLower(page.AsSpan(at, HeaderBytes))}");
            return null;
        }

        if (length > bytesLeft)
        {
            if (report) Report(Mdf3Codes.DefinitionLimit, position, $"definitions that do not overlap, of at most {MaxDefinitionBytes:N0} bytes", "more; what follows is left out");
            return null;
        }

        if (!IsInPage(position, length)) await LoadAsync(position, cancellationToken).ConfigureAwait(false);
        at = (int)(position - pageStart);
        int there = Math.Min(length, pageLength - at);
        if (there < length)
        {
            if (report) Report(Mdf3Codes.Cut, position, $"a {id} block of {length:N0} bytes", $"the end of the file after {there:N0}");
            if (there < minimumBytes) return null;
        }

        if (report) bytesLeft -= length;
        return new Mdf3Block(position, page.AsSpan(at, there).ToArray(), isBigEndian);
    }

    /// <summary>Bytes of the file, valid until the next read.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> PeekAsync(long position, int length, CancellationToken cancellationToken)
    {
        if (!IsInPage(position, (int)Math.Min(length, source.Length - position))) await LoadAsync(position, cancellationToken).ConfigureAwait(false);
        int at = (int)(position - pageStart);
        return page.AsMemory(at, Math.Min(length, pageLength - at));
    }

    /// <summary>The text of a TX block; empty for no link.</summary>
    public async ValueTask<string> TextAsync(long position, CancellationToken cancellationToken)
    {
        if (position == 0) return "";
        var block = await ReadAsync(position, "TX", HeaderBytes, cancellationToken).ConfigureAwait(false);
        return block is null ? "" : Text(block.Span(HeaderBytes, block.Length));
    }

    /// <summary>The comment of a TX block; of one in XML, as tools of MDF 4 write it, the text in it.</summary>
    public async ValueTask<string> CommentAsync(long position, CancellationToken cancellationToken) =>
        Mdf4Xml.Text(await TextAsync(position, cancellationToken).ConfigureAwait(false));

    /// <summary>
    /// Text up to its terminator: in the code page that the file names, else in UTF-8 when it is that, else in ISO 8859-1, which keeps every byte apart.
    /// </summary>
    public string Text(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        if (end >= 0) bytes = bytes[..end];
        string text = encoding is not null ? encoding.GetString(bytes) : Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Encoding.Latin1.GetString(bytes);
        return text.Trim();
    }

    /// <summary>Reports damage once.</summary>
    public void Report(string code, long position, string expected, string found, long bytes = 0)
    {
        const int MaxRemembered = 10_000;
        if (reported.Count < MaxRemembered && !reported.Add((position, code))) return;
        losses.Add(code, position, bytes, expected, string.Create(CultureInfo.InvariantCulture, $"{found}"));
    }

    private bool IsInPage(long position, int length) => position >= pageStart && position + length <= pageStart + pageLength;

    private async ValueTask LoadAsync(long position, CancellationToken cancellationToken)
    {
        pageStart = position;
        pageLength = 0;
        pageLength = await source.ReadAtAsync(position, page, cancellationToken).ConfigureAwait(false);
    }
}
