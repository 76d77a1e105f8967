using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Training.Jobs;

namespace Mesh.Training.Reference;

/// <summary>Frames of a data product in memory, by recording and in order, whatever order the files came in.</summary>
internal sealed class FrameSet(int maxFrames)
{
    private readonly SortedDictionary<string, Recording> recordings = new(StringComparer.Ordinal);
    private readonly List<string> labels = [];
    private readonly Dictionary<string, int> labelIds = [];
    private readonly List<string> sliceValues = [];
    private readonly Dictionary<string, int> sliceIds = [];

    /// <summary>Frames kept.</summary>
    public int Count { get; private set; }

    /// <summary>Frames beyond the limit.</summary>
    public long Ignored { get; private set; }

    /// <summary>Label texts by id.</summary>
    public IReadOnlyList<string> Labels => labels;

    /// <summary>Values of slice columns by id.</summary>
    public IReadOnlyList<string> SliceValues => sliceValues;

    /// <summary>Recordings in order of their id.</summary>
    public IReadOnlyCollection<Recording> Recordings => recordings.Values;

    /// <summary>Frames in files without one of the signals, as recordings without that channel leave them.</summary>
    public long WithoutSignals { get; private set; }

    /// <summary>Reads those rows of an input's files that its filter wants. Recordings whose files lack a signal are left out and counted.</summary>
    /// <exception cref="MeshException"><c>MESH9101</c> when every file lacks one: the product is no table of synchronised frames.</exception>
    public async Task ReadAsync(JobInput input, string inputFolder, CancellationToken cancellationToken)
    {
        string? lacking = null;
        var filter = input.Filter is { } text ? PredicateParser.Parse(text) : null;
        foreach (var file in input.Files)
        {
            var reader = await ParquetReader.OpenAsync(new FileByteSource(Path.Combine(inputFolder, file.Path)), cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                if (FrameColumns.FindNeeded(reader.Schema, out string missing) is not { } needed)
                {
                    lacking ??= $"'{file.Uri}' has no {missing}";
                    WithoutSignals += reader.RowCount;
                    continue;
                }

                // Rows of before a column was added have no value there, and a comparison with none is not true.
                if (filter is not null && !TestsForAbsence(filter) && filter.ColumnPaths().Any(path => reader.Schema.IndexOf(path.Split('.')[0]) < 0)) continue;
                await foreach (var batch in reader.ReadAsync(new ParquetReadOptions { Columns = needed, Filter = filter }, cancellationToken).ConfigureAwait(false)) Add(batch);
            }
        }

        if (lacking is not null && Count == 0)
        {
            throw new MeshException(
                "MESH9101",
                $"'{input.Product}' ({input.Table}) is no table of synchronised frames for builtin/manoeuvre: {lacking}. "
                + "Let the trigger watch the product of a synchronise section with IMU, wheel speed and manoeuvre labels.");
        }

        foreach (var recording in recordings.Values) recording.Sort();
    }

    private static bool TestsForAbsence(Predicate predicate) => predicate switch
    {
        NullPredicate => true,
        AndPredicate and => and.Parts.Any(TestsForAbsence),
        OrPredicate or => or.Parts.Any(TestsForAbsence),
        NotPredicate not => TestsForAbsence(not.Part),
        _ => false,
    };

    /// <summary>Adds rows.</summary>
    public void Add(RecordBatch batch)
    {
        var columns = FrameColumns.Find(batch.Schema, out string missing) ?? throw new MeshException("MESH9101", $"The frames have no {missing}.");
        int channels = FrameColumns.Channels.Count;
        float[] values = new float[batch.Length * channels];
        float[] signal = new float[batch.Length];
        for (int channel = 0; channel < channels; channel++)
        {
            columns.ReadSignal(batch, channel, signal);
            for (int i = 0; i < signal.Length; i++) values[i * channels + channel] = signal[i];
        }

        var names = columns.RecordingOf(batch);
        var sequence = columns.SequenceOf(batch);
        var label = columns.LabelOf(batch, out bool[]? unlabelled);
        int[] slices = ReadSlices(batch, columns);
        int sliceCount = FrameColumns.SliceNames.Count;
        Recording? recording = null;
        int previous = -1;
        for (int i = 0; i < batch.Length; i++)
        {
            if (Count >= maxFrames)
            {
                Ignored += batch.Length - i;
                return;
            }

            // Rows of a recording come in runs; the name is only decoded where it changes.
            if (recording is null || !names.GetBytes(i).SequenceEqual(names.GetBytes(previous)))
            {
                string id = names.GetString(i);
                if (!recordings.TryGetValue(id, out recording)) recordings[id] = recording = new Recording(id);
            }

            previous = i;
            recording.Add(sequence[i], values.AsSpan(i * channels, channels), unlabelled?[i] == true ? -1 : LabelIdOf(label.GetString(i)), slices.AsSpan(i * sliceCount, sliceCount));
            Count++;
        }
    }

    /// <summary>Ids of the slices' values, row by row; -1 for none.</summary>
    private int[] ReadSlices(RecordBatch batch, FrameColumns columns)
    {
        int count = FrameColumns.SliceNames.Count;
        int[] ids = new int[batch.Length * count];
        Array.Fill(ids, -1);
        for (int slice = 0; slice < count; slice++)
        {
            if (columns.SliceOf(batch, slice, out bool[]? absent) is not { } column) continue;
            int previous = -1;
            for (int i = 0; i < batch.Length; i++)
            {
                if (absent?[i] == true) continue;
                // Values come in runs; they are only decoded where they change.
                if (previous < 0 || !column.GetBytes(i).SequenceEqual(column.GetBytes(previous))) ids[i * count + slice] = SliceIdOf(column.GetString(i));
                else ids[i * count + slice] = ids[previous * count + slice];
                previous = i;
            }
        }

        return ids;
    }

    private int SliceIdOf(string text)
    {
        if (text.Length == 0) return -1;
        if (sliceIds.TryGetValue(text, out int id)) return id;
        sliceIds[text] = sliceValues.Count;
        sliceValues.Add(text);
        return sliceValues.Count - 1;
    }

    private int LabelIdOf(string text)
    {
        if (text.Length == 0) return -1;
        if (labelIds.TryGetValue(text, out int id)) return id;
        labelIds[text] = labels.Count;
        labels.Add(text);
        return labels.Count - 1;
    }

    /// <summary>Frames of one recording.</summary>
    internal sealed class Recording(string id)
    {
        private readonly List<long> sequence = [];
        private readonly List<float> values = [];
        private readonly List<int> labels = [];
        private readonly List<int> slices = [];

        public string Id { get; } = id;

        public int Count => sequence.Count;

        public void Add(long number, ReadOnlySpan<float> signals, int label, ReadOnlySpan<int> sliceIds)
        {
            slices.AddRange(sliceIds);
            sequence.Add(number);
            values.AddRange(signals);
            labels.Add(label);
        }

        public long SequenceAt(int frame) => sequence[frame];

        public int LabelAt(int frame) => labels[frame];

        public int SliceAt(int frame, int slice) => slices[frame * FrameColumns.SliceNames.Count + slice];

        public ReadOnlySpan<float> SignalsAt(int frame, int frames)
        {
            int channels = FrameColumns.Channels.Count;
            return System.Runtime.InteropServices.CollectionsMarshal.AsSpan(values).Slice(frame * channels, frames * channels);
        }

        public void Sort()
        {
            bool inOrder = true;
            for (int i = 1; i < sequence.Count && inOrder; i++) inOrder = sequence[i - 1] < sequence[i];
            if (inOrder) return;

            int channels = FrameColumns.Channels.Count;
            int[] order = [.. Enumerable.Range(0, sequence.Count)];
            long[] keys = [.. sequence];
            Array.Sort(keys, order);
            float[] oldValues = [.. values];
            int[] oldLabels = [.. labels];
            int[] oldSlices = [.. slices];
            int sliceCount = FrameColumns.SliceNames.Count;
            for (int i = 0; i < order.Length; i++)
            {
                sequence[i] = keys[i];
                labels[i] = oldLabels[order[i]];
                for (int slice = 0; slice < sliceCount; slice++) slices[i * sliceCount + slice] = oldSlices[order[i] * sliceCount + slice];
                for (int channel = 0; channel < channels; channel++) values[i * channels + channel] = oldValues[order[i] * channels + channel];
            }
        }
    }
}
