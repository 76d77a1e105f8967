using System.Text;
using Mesh.Formats.Bus.Frames;
using Mesh.Formats.Bus.Text;
using Mesh.Model;

namespace Mesh.Formats.Bus.Asc;

/// <summary>
/// Reads frames logged in Vector's ASCII format: CAN, CAN FD and error frames, LIN, Ethernet. Other events (statistics, chip states, environment
/// variables, J1939TP and other derived messages, FlexRay) are counted in the summary's metadata.
/// </summary>
/// <remarks>
/// The format has no time zone: its times are taken as UTC. A <c>Begin Triggerblock</c> line sets the time that the following lines count from.
/// </remarks>
public sealed class AscRecordingReader : TextFrameReader
{
    private const ulong SecondNs = 1_000_000_000;
    private bool isHex = true;
    private bool isRelative;
    private ulong lastNs;

    private AscRecordingReader(IByteSource source, RecordingReaderOptions options) : base(source, options)
    {
    }

    /// <summary>Whether a file begins as ASC text does.</summary>
    internal static bool IsAsc(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith(Encoding.UTF8.Preamble)) head = head[Encoding.UTF8.Preamble.Length..];
        if (head.Contains((byte)0)) return false;
        var text = head.TrimStart(" \t\r\n"u8);
        bool hasBase = Contains(head, "base hex") || Contains(head, "base dec") || Contains(head, "base  hex") || Contains(head, "base  dec");
        return (StartsWith(text, "date ") && (hasBase || Contains(head, "triggerblock"))) || (StartsWith(text, "base ") && hasBase);
    }

    /// <summary>Opens a recording; the reader owns <paramref name="source"/>, which is disposed also when this fails.</summary>
    public static ValueTask<RecordingReader> OpenAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken) =>
        new(new AscRecordingReader(source, options));

    /// <inheritdoc/>
    public override RecordingFormat Format => RecordingFormat.Asc;

    private protected override void TakeLine(ReadOnlySpan<byte> line, long offset, bool isEnded)
    {
        var tokens = new Tokens(offset == 0 && line.StartsWith(Encoding.UTF8.Preamble) ? line[Encoding.UTF8.Preamble.Length..] : line);
        var first = tokens.Next();
        if (first.IsEmpty || first.StartsWith("//"u8))
        {
            if (Version.Length == 0 && tokens.Next().SequenceEqual("version"u8)) Version = Encoding.ASCII.GetString(tokens.Next());
            return;
        }

        if (!TextNumbers.TryTime(first, SecondNs, out ulong timeNs))
        {
            if (!TakeHeader(first, tokens, offset)) Malformed(line, offset, isEnded, "a time and an event");
            return;
        }

        // Also the times of events that are not taken count.
        ulong sinceStart = isRelative ? lastNs += timeNs : timeNs;
        ulong start = StartNs ?? 0;
        ulong absolute = sinceStart > ulong.MaxValue - start ? ulong.MaxValue : start + sinceStart;
        var second = tokens.Next();
        bool isFrame = false;
        bool isSound = true;
        if (TextNumbers.TryInteger(second, false, out uint channel) && channel <= ushort.MaxValue)
        {
            isSound = TakeCan(ref tokens, absolute, offset, (int)channel, out isFrame);
        }
        else if (second.SequenceEqual("CANFD"u8))
        {
            isFrame = true;
            isSound = TakeCanFd(ref tokens, absolute, offset);
        }
        else if (second.Length is 2 or 3 && second[0] == 'L' && (second[1] == 'i' || TextNumbers.TryInteger(second[1..], false, out channel)))
        {
            isSound = TakeLin(ref tokens, absolute, offset, second[1] == 'i' ? 1 : (int)channel, out isFrame);
        }
        else if (second.SequenceEqual("ETH"u8))
        {
            isFrame = true;
            isSound = TakeEthernet(ref tokens, absolute, offset);
        }

        if (!isSound) Malformed(line, offset, isEnded, "a whole frame");
        else if (!isFrame) OtherLines++;
    }

    private static bool StartsWith(ReadOnlySpan<byte> text, string word) => text.Length >= word.Length && Ascii.EqualsIgnoreCase(text[..word.Length], word);

    private static bool Contains(ReadOnlySpan<byte> text, string word)
    {
        for (int i = 0; i + word.Length <= text.Length; i++)
        {
            if (Ascii.EqualsIgnoreCase(text.Slice(i, word.Length), word)) return true;
        }

        return false;
    }

    private bool TakeHeader(ReadOnlySpan<byte> first, Tokens tokens, long offset)
    {
        if (Ascii.EqualsIgnoreCase(first, "date"u8))
        {
            SetStart(tokens.Rest, offset);
            return true;
        }

        if (Ascii.EqualsIgnoreCase(first, "base"u8))
        {
            isHex = !Ascii.EqualsIgnoreCase(tokens.Next(), "dec"u8);
            tokens.Next();
            isRelative = Ascii.EqualsIgnoreCase(tokens.Next(), "relative"u8);
            return true;
        }

        if (Ascii.EqualsIgnoreCase(first, "begin"u8))
        {
            tokens.Next();
            SetStart(tokens.Rest, offset);
            lastNs = 0;
            return true;
        }

        // "internal events logged", "no internal events logged", "End TriggerBlock".
        return Ascii.EqualsIgnoreCase(first, "internal"u8) || Ascii.EqualsIgnoreCase(first, "no"u8) || Ascii.EqualsIgnoreCase(first, "end"u8);
    }

    private void SetStart(ReadOnlySpan<byte> date, long offset)
    {
        if (AscDate.TryParse(date) is { } start)
        {
            StartNs = start;
            return;
        }

        // A block without a date goes on where the file's date is.
        if (date.IndexOfAnyExcept(" \t\r"u8) < 0 && StartNs is not null) return;
        Damage.Add(BusLosses.UnknownStart, offset, 0, "a date such as Sat Sep 30 15:06:13.191 2017", $"'{Dbc.DbcText.Decode(date, null).Trim()}'; times count from {(StartNs is null ? "1970" : "the date before")}");
    }

    private bool TryId(ReadOnlySpan<byte> text, out uint id)
    {
        bool isExtended = text.Length > 1 && text[^1] is (byte)'x' or (byte)'X';
        if (!TextNumbers.TryInteger(isExtended ? text[..^1] : text, isHex, out id) || id > CanFrame.IdMask) return false;
        if (isExtended) id |= CanFrame.ExtendedFlag;
        return true;
    }

    private static bool TryDirection(ReadOnlySpan<byte> text, out CanFlags flags)
    {
        flags = text.StartsWith("Tx"u8) ? CanFlags.Transmitted : CanFlags.None;
        return text.SequenceEqual("Rx"u8) || text.SequenceEqual("Tx"u8);
    }

    /// <summary>Takes the rest of a line of a CAN channel: identifier, direction, <c>d</c> or <c>r</c>, DLC, data.</summary>
    private bool TakeCan(ref Tokens tokens, ulong timeNs, long offset, int channel, out bool isFrame)
    {
        isFrame = true;
        var word = tokens.Next();
        if (Ascii.EqualsIgnoreCase(word, "ErrorFrame"u8))
        {
            Frames.AddCan(timeNs, offset, channel, CanFlags.Error | CanFlags.DirectionUnknown, 0, 0, default);
            return true;
        }

        isFrame = TryId(word, out uint id);
        var direction = tokens.Next();

        // Names in the place of identifiers, statistics, and requests to send, which another line reports as sent.
        if (!isFrame || direction.SequenceEqual("TxRq"u8))
        {
            isFrame = false;
            return true;
        }

        if (!TryDirection(direction, out var flags)) return false;
        var kind = tokens.Next();
        if (kind.SequenceEqual("r"u8))
        {
            if (!TextNumbers.TryInteger(tokens.Next(), isHex, out uint remote) || remote > 15) remote = 0;
            Frames.AddCan(timeNs, offset, channel, flags | CanFlags.Remote, id, (byte)remote, default);
            return true;
        }

        var dlcText = tokens.Next();
        if (!kind.SequenceEqual("d"u8) || !TextNumbers.TryInteger(dlcText, isHex, out uint dlc) || dlc > 64) return false;
        Span<byte> data = stackalloc byte[64];
        int read = TextNumbers.ReadBytes(ref tokens, data, isHex);
        int length = CanFrame.LengthOf((int)dlc, false);
        if (read > 8 && dlc > 8)
        {
            // Some tools write CAN FD frames in this form, with their length in place of the DLC, or the DLC in decimal.
            bool isLength = read == dlc || (TextNumbers.TryInteger(dlcText, false, out uint code) && code <= 15 && read == CanFrame.LengthOf((int)code, true));
            if (!isLength) return false;
            length = read;
            dlc = CanFrame.DlcOf(length);
            flags |= CanFlags.Fd;
        }

        if (read < length) return false;
        Frames.AddCan(timeNs, offset, channel, flags, id, (byte)Math.Min(dlc, 15), data[..length]);
        return true;
    }

    /// <summary>Takes the rest of a CAN FD line: channel, direction, identifier, perhaps a name, BRS, ESI, DLC, data length, data.</summary>
    private bool TakeCanFd(ref Tokens tokens, ulong timeNs, long offset)
    {
        if (!TextNumbers.TryInteger(tokens.Next(), false, out uint channel) || channel > ushort.MaxValue || !TryDirection(tokens.Next(), out var flags)) return false;
        var word = tokens.Next();
        if (Ascii.EqualsIgnoreCase(word, "ErrorFrame"u8))
        {
            Frames.AddCan(timeNs, offset, (int)channel, flags | CanFlags.Error | CanFlags.Fd, 0, 0, default);
            return true;
        }

        if (!TryId(word, out uint id)) return false;
        var brs = tokens.Next();
        var esi = tokens.Next();
        if (!IsBit(brs))
        {
            // A name stands before them.
            brs = esi;
            esi = tokens.Next();
        }

        if (!IsBit(brs) || !IsBit(esi)) return false;
        if (!TextNumbers.TryInteger(tokens.Next(), isHex, out uint dlc) || dlc > 15) return false;
        if (!TextNumbers.TryInteger(tokens.Next(), false, out uint length) || length > 64) return false;

        flags |= CanFlags.Fd;
        if (brs[0] == '1') flags |= CanFlags.BitRateSwitch;
        if (esi[0] == '1') flags |= CanFlags.ErrorStateIndicator;
        if (length == 0 && dlc > 0) flags |= CanFlags.Remote;
        Span<byte> data = stackalloc byte[64];
        if (TextNumbers.ReadBytes(ref tokens, data[..(int)length], isHex) < length) return false;
        Frames.AddCan(timeNs, offset, (int)channel, flags, id, (byte)dlc, data[..(int)length]);
        return true;
    }

    private static bool IsBit(ReadOnlySpan<byte> text) => text.Length == 1 && text[0] is (byte)'0' or (byte)'1';

    /// <summary>Takes the rest of a LIN line: identifier, direction, data length, data, <c>checksum = ...</c>.</summary>
    private bool TakeLin(ref Tokens tokens, ulong timeNs, long offset, int channel, out bool isFrame)
    {
        isFrame = true;
        var word = tokens.Next();
        LinKind? error = word.StartsWith("RcvError"u8) ? LinKind.ReceiveError
            : word.StartsWith("TransmErr"u8) ? LinKind.TransmissionError
            : word.StartsWith("SyncErr"u8) ? LinKind.SyncError
            : word.StartsWith("WakeupFrame"u8) ? LinKind.WakeUp
            : null;
        if (error is { } kind)
        {
            if (!TextNumbers.TryInteger(tokens.Next(), isHex, out uint about) || about > 63) about = 0;
            Frames.AddLin(timeNs, offset, channel, LinFlags.DirectionUnknown, kind, (byte)about, 0, 0, default);
            return true;
        }

        isFrame = TextNumbers.TryInteger(word, isHex, out uint id) && id <= 63;
        if (!isFrame) return true;
        if (!TryDirection(tokens.Next(), out var direction) || !TextNumbers.TryInteger(tokens.Next(), isHex, out uint length) || length > 8) return false;
        Span<byte> data = stackalloc byte[8];
        if (TextNumbers.ReadBytes(ref tokens, data[..(int)length], isHex) < length) return false;
        var flags = (LinFlags)direction;
        uint checksum = 0;
        for (word = tokens.Next(); !word.IsEmpty; word = tokens.Next())
        {
            if (word.SequenceEqual("checksum"u8) && tokens.Next().SequenceEqual("="u8) && TextNumbers.TryInteger(tokens.Next(), isHex, out checksum) && checksum <= 255) flags |= LinFlags.HasChecksum;
            else if (word.SequenceEqual("CSM"u8) && tokens.Next().SequenceEqual("="u8))
            {
                flags |= tokens.Next().StartsWith("enhanced"u8) ? LinFlags.EnhancedChecksum : LinFlags.ClassicChecksum;
            }
        }

        Frames.AddLin(timeNs, offset, channel, flags, LinKind.Frame, (byte)id, (byte)checksum, (byte)length, data[..(int)length]);
        return true;
    }

    /// <summary>Takes the rest of an Ethernet line: channel, direction, length (hexadecimal), colon, the frame without gaps.</summary>
    private bool TakeEthernet(ref Tokens tokens, ulong timeNs, long offset)
    {
        if (!TextNumbers.TryInteger(tokens.Next(), false, out uint channel) || channel > ushort.MaxValue || !TryDirection(tokens.Next(), out var direction)) return false;
        var word = tokens.Next();
        int colon = word.IndexOf((byte)':');
        if (colon < 0 || !TextNumbers.TryInteger(word[..colon], true, out uint length) || (word.Length - colon - 1) / 2 != length || word.Length % 2 == colon % 2) return false;
        byte[] bytes;
        try
        {
            bytes = Convert.FromHexString(word[(colon + 1)..]);
        }
        catch (FormatException)
        {
            return false;
        }

        var frame = Frames.AddEthernet(timeNs, offset, (int)channel, (EthernetFlags)direction, 0, bytes.Length);
        if (!frame.IsEmpty) bytes.CopyTo(frame);
        return true;
    }
}
