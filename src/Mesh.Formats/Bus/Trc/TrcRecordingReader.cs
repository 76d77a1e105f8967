using System.Globalization;
using System.Text;
using Mesh.Formats.Bus.Frames;
using Mesh.Formats.Bus.Text;
using Mesh.Model;

namespace Mesh.Formats.Bus.Trc;

/// <summary>
/// Reads frames logged in PEAK's trace format, versions 1.0 to 1.3 (fixed columns) and 2.0 to 2.1 (columns that the file names). Warnings, hardware
/// states and events are counted in the summary's metadata.
/// </summary>
/// <remarks>The format has no time zone: its times are taken as UTC. Where no bus is given it is number 1.</remarks>
public sealed class TrcRecordingReader : TextFrameReader
{
    private const ulong MillisecondNs = 1_000_000;
    private const int MaxData = 1785;
    private readonly byte[] data = new byte[MaxData];
    private int major = 1;
    private int minor;
    private string columns = "";
    private bool hasExactStart;

    private TrcRecordingReader(IByteSource source, RecordingReaderOptions options) : base(source, options) => Version = "1.0";

    /// <summary>Whether a file begins as TRC text does.</summary>
    internal static bool IsTrc(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith(Encoding.UTF8.Preamble)) head = head[Encoding.UTF8.Preamble.Length..];
        return head.StartsWith(";$FILEVERSION="u8)
            || (head.StartsWith(";"u8) && (head.IndexOf("time offset of message (ms)"u8) > 0 || head.IndexOf("PCAN-Net"u8) > 0 || head.IndexOf("PEAK-"u8) > 0));
    }

    /// <summary>Opens a recording; the reader owns <paramref name="source"/>, which is disposed also when this fails.</summary>
    public static ValueTask<RecordingReader> OpenAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken) =>
        new(new TrcRecordingReader(source, options));

    /// <inheritdoc/>
    public override RecordingFormat Format => RecordingFormat.Trc;

    private protected override void TakeLine(ReadOnlySpan<byte> line, long offset, bool isEnded)
    {
        if (offset == 0 && line.StartsWith(Encoding.UTF8.Preamble)) line = line[Encoding.UTF8.Preamble.Length..];
        var trimmed = line.Trim(" \t\r"u8);
        if (trimmed.IsEmpty) return;
        if (trimmed[0] == ';')
        {
            TakeHeader(trimmed, offset);
            return;
        }

        var tokens = new Tokens(line);
        bool isFrame;
        bool isSound = major >= 2 ? TakeByColumns(ref tokens, offset, out isFrame) : TakeFixed(ref tokens, offset, out isFrame);
        if (!isSound) Malformed(line, offset, isEnded, "a whole frame");
        else if (!isFrame) OtherLines++;
    }

    private void TakeHeader(ReadOnlySpan<byte> line, long offset)
    {
        if (line.StartsWith(";$FILEVERSION="u8))
        {
            Version = Encoding.ASCII.GetString(line[";$FILEVERSION=".Length..]).Trim();
            string[] parts = Version.Split('.');
            if (!int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out major)) major = 1;
            if (parts.Length < 2 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out minor)) minor = 0;
        }
        else if (line.StartsWith(";$STARTTIME="u8))
        {
            StartNs = OleDateNs(line[";$STARTTIME=".Length..]) ?? StartNs;
            hasExactStart = StartNs is not null;
            if (!hasExactStart) Damage.Add(BusLosses.UnknownStart, offset, 0, "days since 1899-12-30", $"'{Encoding.ASCII.GetString(line)}'; times count from 1970");
        }
        else if (line.StartsWith(";$COLUMNS="u8))
        {
            columns = Encoding.ASCII.GetString(line[";$COLUMNS=".Length..]).Replace(",", "", StringComparison.Ordinal).Trim();
        }
        else if (!hasExactStart && line.IndexOf("Start time: "u8) is > 0 and var at)
        {
            // All that version 1.0 has.
            string text = Encoding.ASCII.GetString(line[(at + "Start time: ".Length)..]).Trim();
            string[] formats = ["dd.MM.yyyy HH:mm:ss", "dd.MM.yyyy HH:mm:ss.FFFFFFF", "MM/dd/yyyy HH:mm:ss.FFFFFFF"];
            if (DateTime.TryParseExact(text, formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var start) && start.Year >= 1970)
            {
                StartNs = (ulong)((start - DateTime.UnixEpoch).Ticks * 100);
            }
        }
    }

    /// <summary>Days since 1899-12-30. A double of that size resolves two thirds of a microsecond, so to microseconds it is exact.</summary>
    private static ulong? OleDateNs(ReadOnlySpan<byte> text)
    {
        const double UnixEpochDays = 25569;
        const double DayMicroseconds = 86_400e6;
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double days) || days is not (>= UnixEpochDays and < 130_000)) return null;
        return (ulong)Math.Round((days - UnixEpochDays) * DayMicroseconds) * 1000;
    }

    private ulong TimeOf(ulong offsetNs) => offsetNs > ulong.MaxValue - (StartNs ?? 0) ? ulong.MaxValue : (StartNs ?? 0) + offsetNs;

    private static bool TryId(ReadOnlySpan<byte> text, out uint id)
    {
        // Four digits are 11 bits, eight are 29.
        if (!TextNumbers.TryInteger(text, true, out id) || id > CanFrame.IdMask) return false;
        if (text.Length > 4) id |= CanFrame.ExtendedFlag;
        return true;
    }

    /// <summary>Versions 1.x: number, time, from 1.2 on bus, from 1.1 on type, identifier, from 1.3 on a reserved column, DLC, data.</summary>
    private bool TakeFixed(ref Tokens tokens, long offset, out bool isFrame)
    {
        isFrame = true;
        var number = tokens.Next();
        if (!number.EndsWith(")"u8) || !TextNumbers.TryInteger(number[..^1], false, out _)) return false;
        if (!TextNumbers.TryTime(tokens.Next(), MillisecondNs, out ulong sinceStart)) return false;
        uint bus = 1;
        if (minor >= 2 && !TextNumbers.TryInteger(tokens.Next(), false, out bus)) return false;
        var flags = CanFlags.DirectionUnknown;
        if (minor >= 1)
        {
            var type = tokens.Next();
            if (type.SequenceEqual("Warng"u8)) isFrame = false;
            else if (type.SequenceEqual("Error"u8)) flags |= CanFlags.Error;
            else if (type.SequenceEqual("Rx"u8)) flags = CanFlags.None;
            else if (type.SequenceEqual("Tx"u8)) flags = CanFlags.Transmitted;
            else return false;
        }

        var idText = tokens.Next();
        if (!isFrame || idText.SequenceEqual("FFFFFFFF"u8))
        {
            isFrame = false;
            return true;
        }

        if (!TryId(idText, out uint id)) return false;
        var length = tokens.Next();
        if (minor >= 2 && length.SequenceEqual("-"u8)) length = tokens.Next();
        if (!TextNumbers.TryInteger(length, false, out uint dlc) || dlc > MaxData || bus > ushort.MaxValue) return false;
        var before = tokens;
        if (tokens.Next().SequenceEqual("RTR"u8))
        {
            Frames.AddCan(TimeOf(sinceStart), offset, (int)bus, flags | CanFlags.Remote, id, (byte)Math.Min(dlc, 15), default);
            return true;
        }

        tokens = before;
        int bytes = (int)(dlc is > 8 and <= 15 ? 8 : dlc);
        if (TextNumbers.ReadBytes(ref tokens, data.AsSpan(0, bytes), true) < bytes) return false;
        Frames.AddCan(TimeOf(sinceStart), offset, (int)bus, flags, (flags & CanFlags.Error) != 0 ? 0 : id, dlc <= 15 ? (byte)dlc : CanFrame.DlcOf(bytes), data.AsSpan(0, bytes));
        return true;
    }

    /// <summary>Versions 2.x: a letter per column in <c>$COLUMNS</c>; the data, last, are as many words as there are bytes.</summary>
    private bool TakeByColumns(ref Tokens tokens, long offset, out bool isFrame)
    {
        isFrame = true;
        ulong sinceStart = 0;
        uint bus = 1, id = 0, length = 0;
        bool isDlc = false, hasLength = false, hasTime = false;
        var flags = CanFlags.None;
        foreach (char column in columns)
        {
            if (column == 'D') break;
            var word = tokens.Next();
            switch (column)
            {
                case 'O':
                    hasTime = TextNumbers.TryTime(word, MillisecondNs, out sinceStart);
                    break;
                case 'T':
                    if (word.SequenceEqual("DT"u8)) flags |= CanFlags.None;
                    else if (word.SequenceEqual("FD"u8)) flags |= CanFlags.Fd;
                    else if (word.SequenceEqual("FB"u8)) flags |= CanFlags.Fd | CanFlags.BitRateSwitch;
                    else if (word.SequenceEqual("FE"u8)) flags |= CanFlags.Fd | CanFlags.BitRateSwitch | CanFlags.ErrorStateIndicator;
                    else if (word.SequenceEqual("BI"u8)) flags |= CanFlags.Fd | CanFlags.ErrorStateIndicator;
                    else if (word.SequenceEqual("RR"u8)) flags |= CanFlags.Remote;
                    else if (word.SequenceEqual("ER"u8)) flags |= CanFlags.Error;
                    else
                    {
                        // ST hardware status, EC error counters, EV event; their other columns may be left empty.
                        isFrame = false;
                        return hasTime && word.Length == 2;
                    }

                    break;
                case 'B':
                    if (!TextNumbers.TryInteger(word, false, out bus) || bus > ushort.MaxValue) return false;
                    break;
                case 'I':
                    if (!TryId(word, out id) && (flags & CanFlags.Error) == 0) return false;
                    break;
                case 'd':
                    if (word.SequenceEqual("Tx"u8)) flags |= CanFlags.Transmitted;
                    else if (!word.SequenceEqual("Rx"u8)) return false;
                    break;
                case 'l' or 'L':
                    isDlc = column == 'L';
                    hasLength = TextNumbers.TryInteger(word, false, out length) && length <= MaxData;
                    break;
            }
        }

        if (!hasTime || !hasLength || (isDlc && length > 15)) return false;
        bool isFd = (flags & CanFlags.Fd) != 0;
        byte dlc = isDlc ? (byte)length : CanFrame.DlcOf((int)length);
        int bytes = (flags & CanFlags.Remote) != 0 ? 0 : isDlc ? CanFrame.LengthOf((int)length, isFd) : (int)length;
        int read = TextNumbers.ReadBytes(ref tokens, data.AsSpan(0, bytes), true);
        if (read < bytes && (flags & CanFlags.Error) == 0) return false;
        Frames.AddCan(TimeOf(sinceStart), offset, (int)bus, flags, (flags & CanFlags.Error) != 0 ? 0 : id, dlc, data.AsSpan(0, read));
        return true;
    }
}
