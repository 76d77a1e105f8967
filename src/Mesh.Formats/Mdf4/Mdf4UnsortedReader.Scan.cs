namespace Mesh.Formats.Mdf4;

/// <content>Splitting data into records, and finding the way back after damage.</content>
internal sealed partial class Mdf4UnsortedReader
{
    // So many records in a row are no accident, whatever bytes damage left.
    private const int ConvincingRecords = 16;
    private bool resume;
    private bool hole;

    /// <summary>Splits what is there, up to damage within it; <see cref="hole"/> says that bytes are missing behind it.</summary>
    private void Scan()
    {
        var data = scan.Span;
        int at = 0;
        while (true)
        {
            if (padding && !SkipPadding(data, ref at)) break;
            int group = ids.Read(data, at, out int first, out int end);
            if (group >= 0)
            {
                if (values[group] is { } stream) stream.Add(data[first..end], scanPlace + at);
                else records[group]?.Add(first);
                at = end;
                continue;
            }

            if (at == data.Length) break;
            if (group == Mdf4RecordIds.Incomplete && !ended && !hole) break;
            if (group == Mdf4RecordIds.Unknown && unfinished && data[at..].IndexOfAnyExcept((byte)0) < 0)
            {
                // Space laid out ahead and never written.
                padding = true;
                continue;
            }

            int found = FindRecord(data, at + 1);
            if (found < 0 && !ended && !hole && data.Length - at < MaxUndecided)
            {
                // What comes next decides; the records before the damage go out first.
                break;
            }

            int to = found < 0 ? data.Length : found;
            long place = PlaceOf(at);
            string code = group == Mdf4RecordIds.Incomplete ? Mdf4Codes.PartialRecord : Mdf4Codes.BadRecordId;
            string what = group == Mdf4RecordIds.Incomplete ? "a whole record" : "the id of a record";
            losses.Report(code, place, to - at, $"{what} of data group {dataGroup.Index}", $"{(found < 0 ? "the end of its data" : "the next records in a row")} after {to - at:N0} bytes");
            lostBytes += to - at;
            at = to;

            // Offsets of values are unknown from here on; what was met before goes out first.
            final = true;
            resume = found >= 0 || at < data.Length;
            consumed = at;
            hole &= resume;
            return;
        }

        consumed = at;
        final |= hole || (ended && at == data.Length);
        hole = false;
    }

    /// <summary>Passes over zeros; false when nothing else is left.</summary>
    private bool SkipPadding(ReadOnlySpan<byte> data, ref int at)
    {
        int other = data[at..].IndexOfAnyExcept((byte)0);
        if (other < 0)
        {
            paddingBytes += data.Length - at;
            at = data.Length;
            return false;
        }

        losses.Report(
            Mdf4Codes.BadRecordId, PlaceOf(at), paddingBytes + other, $"the id of a record of data group {dataGroup.Index}", $"{paddingBytes + other:N0} zero bytes");
        lostBytes += paddingBytes + other;
        paddingBytes = 0;
        padding = false;
        at += other;
        return true;
    }

    /// <summary>The next place where a row of records begins; -1 when none does, or when more bytes must come first.</summary>
    private int FindRecord(ReadOnlySpan<byte> data, int from)
    {
        for (int candidate = from; candidate < data.Length; candidate++)
        {
            int at = candidate, count = 0, group = 0;
            while (count < ConvincingRecords && at < data.Length)
            {
                group = ids.Read(data, at, out int first, out int end);
                if (group < 0 || !IsPlausible(group, data, first)) break;
                at = end;
                count++;
            }

            if (count >= ConvincingRecords) return candidate;

            // At the end fewer must do: those that reach it exactly, or are followed by one that is cut.
            if ((ended || hole) && count > 0 && (at == data.Length || (group == Mdf4RecordIds.Incomplete && count > 3))) return candidate;
        }

        return -1;
    }

    /// <summary>Whether a record's time is one: damage that looks like records seldom has it.</summary>
    private bool IsPlausible(int group, ReadOnlySpan<byte> data, int first) =>
        records[group] is not { } own || own.Clock.IsPlausible(data[first..]);
}
