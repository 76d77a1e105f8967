using Mesh.Columnar;
using Mesh.Formats;
using Mesh.Formats.Messages;
using Mesh.Model;
using Mesh.Streaming.Ingest;

namespace Mesh.Decode;

/// <summary>Counts the messages of a channel name, over all its connections and schemas.</summary>
internal sealed class TopicCounter
{
    public long NextSequence { get; set; }
}

/// <summary>The open batch of one channel and schema. Several connections of a recording may feed it.</summary>
internal sealed class ChannelStream
{
    private const int SequenceColumn = 3;

    private readonly MessageDecoder? decoder;
    private readonly TextColumn recordingId;
    private readonly TextColumn vehicleId;
    private readonly TextColumn channel;
    private readonly AbsentColumn noClockError;
    private readonly IChannelClock? clock;
    private readonly FixedWidthBuilder<long> clockErrors = new(DataType.Int64);
    private bool[] isStamped = [];
    private long[] logRun = [];
    private long[] sensorRun = [];
    private long[] errorRun = [];
    private readonly FixedWidthBuilder<long> sequences = new(DataType.Int64);
    private readonly FixedWidthBuilder<long> logTimes = new(DataType.TimestampMicros);
    private readonly FixedWidthBuilder<long> logTimesNs = new(DataType.Int64);
    private readonly FixedWidthBuilder<long> publishTimesNs = new(DataType.Int64);
    private readonly FixedWidthBuilder<long> sensorTimesNs = new(DataType.Int64);
    private readonly StructBuilder? fields;
    private readonly ColumnBuilder[] children = [];

    public ChannelStream(
        string topic, MessageSchema? schema, string messageEncoding, TopicCounter counter, TextColumn recordingId, TextColumn vehicleId,
        AbsentColumn noClockError, MessageDecoderOptions options, TextColumn? channel = null, IChannelClock? clock = null)
    {
        Topic = topic;
        Schema = schema;
        MessageEncoding = messageEncoding;
        Counter = counter;
        this.recordingId = recordingId;
        this.vehicleId = vehicleId;
        this.noClockError = noClockError;
        this.clock = clock;
        this.channel = channel ?? new ConstantColumn(topic);
        try
        {
            decoder = MessageDecoders.Create(messageEncoding, schema, options);
            fields = new StructBuilder(decoder.Type);
            children = [.. fields.Children];
            Columns = new Schema([.. SystemColumns.Fields, .. UniqueNames(decoder.Type.Fields)]);
        }
        catch (MeshException refusal) when (!refusal.IsTransient)
        {
            Refusal = refusal;
        }
    }

    /// <summary>Position among the streams of the recording.</summary>
    public required int Index { get; init; }

    /// <summary>
    /// Whether each message's time is of the best base it has, instead of that of the first message: where channels share a stream and reading may
    /// begin anywhere, what came first must not matter.
    /// </summary>
    public bool IsTimeBasePerMessage { get; init; }

    public string Topic { get; }

    public MessageSchema? Schema { get; }

    public string MessageEncoding { get; }

    public TopicCounter Counter { get; }

    public string SchemaName => Schema?.Name ?? "";

    /// <summary>Why no message of this stream can be decoded; null when they can.</summary>
    public MeshException? Refusal { get; }

    /// <summary>Columns of the batches; null when there is a refusal.</summary>
    public Schema? Columns { get; }

    public int Rows => sequences.Length;

    public long MessagesIn { get; set; }

    public long RowsOut { get; private set; }

    public long DeadLetters { get; set; }

    public string TimeBase { get; private set; } = "";

    /// <summary>Payload bytes and rows since <see cref="EstimatedBytes"/> was last measured.</summary>
    public long UnmeasuredBytes { get; private set; }

    public int UnmeasuredRows { get; private set; }

    /// <summary>Bytes of the open batch when last measured.</summary>
    public long EstimatedBytes { get; private set; }

    /// <summary>Whether a channel of the recording feeds this stream.</summary>
    public bool Takes(RecordingChannel candidate) =>
        candidate.Topic == Topic && candidate.MessageEncoding == MessageEncoding && MessageSchema.AreSame(candidate.Schema, Schema);

    /// <summary>Appends messages up to the first that does not match its schema.</summary>
    /// <returns>Rows appended; fewer than messages when there is a <paramref name="failure"/>.</returns>
    public int Append(ReadOnlySpan<byte> data, ReadOnlySpan<MessageRef> run, ReadOnlySpan<long> runSequences, out MessageFormatException? failure)
    {
        int rows = decoder!.DecodeRun(data, run, children, out failure);
        fields!.EndStructs(rows);
        sequences.Append(runSequences[..rows]);
        Reserve(rows);
        for (int i = 0; i < rows; i++)
        {
            ref readonly var message = ref run[i];
            long logTimeNs = (long)message.LogTimeNs;
            long publishTimeNs = (long)message.PublishTimeNs;
            logRun[i] = logTimeNs;
            logTimesNs.Append(logTimeNs);
            publishTimesNs.Append(publishTimeNs);
            sensorRun[i] = SensorTime(data.Slice(message.Offset, message.Length), logTimeNs, publishTimeNs, out isStamped[i]);
            UnmeasuredBytes += message.Length;
        }

        if (clock is not null)
        {
            clock.Correct(isStamped.AsSpan(0, rows), logRun.AsSpan(0, rows), sensorRun.AsSpan(0, rows), errorRun.AsSpan(0, rows));
            foreach (long error in errorRun.AsSpan(0, rows))
            {
                if (error < 0) clockErrors.AppendNull();
                else clockErrors.Append(error);
            }
        }

        sensorTimesNs.Append(sensorRun.AsSpan(0, rows));
        foreach (long logTimeNs in logRun.AsSpan(0, rows)) logTimes.Append(logTimeNs / 1000);
        RowsOut += rows;
        UnmeasuredRows += rows;
        return rows;
    }

    /// <summary>Measures the open batch, which walks over all builders.</summary>
    /// <returns>How much it grew since the last time.</returns>
    public long Measure()
    {
        long bytes = fields!.EstimatedBytes + sequences.EstimatedBytes * 6;
        long growth = bytes - EstimatedBytes;
        EstimatedBytes = bytes;
        UnmeasuredRows = 0;
        UnmeasuredBytes = 0;
        return growth;
    }

    /// <summary>Closes the open batch.</summary>
    public ChannelBatch Build()
    {
        int rows = Rows;
        var columns = new ColumnVector[Columns!.Fields.Count];
        columns[0] = recordingId.Take(rows);
        columns[1] = vehicleId.Take(rows);
        columns[2] = channel.Take(rows);
        columns[SequenceColumn] = sequences.Build();
        columns[4] = logTimes.Build();
        columns[5] = logTimesNs.Build();
        columns[6] = publishTimesNs.Build();
        columns[7] = clock is null ? noClockError.Take(rows) : clockErrors.Build();
        var message = fields!.Build().Children;
        for (int i = 0; i < message.Count; i++) columns[SystemColumns.Fields.Count + i] = message[i];

        var sensor = sensorTimesNs.Build();
        EstimatedBytes = 0;
        UnmeasuredRows = 0;
        UnmeasuredBytes = 0;
        return new ChannelBatch(Topic, SchemaName, new RecordBatch(Columns, rows, columns), sensor.Values<long>().ToArray(), TimeBase);
    }

    // The base belongs to the channel and is settled by its first message: a base that changed from row to row would make the times
    // of one column mean different things. A row without the stamp that the base asks for takes the next best one.
    private long SensorTime(ReadOnlySpan<byte> payload, long logTimeNs, long publishTimeNs, out bool hasStamp)
    {
        long stampNs = 0;
        if (IsTimeBasePerMessage)
        {
            hasStamp = decoder!.TryReadStampNs(payload, out stampNs) && stampNs != 0;
            return hasStamp ? stampNs : publishTimeNs != 0 ? publishTimeNs : logTimeNs;
        }

        hasStamp = TimeBase is "" or "header" && clock is not { UsesStamps: false } && decoder!.TryReadStampNs(payload, out stampNs) && stampNs != 0;
        if (TimeBase.Length == 0)
        {
            // Stamps of a clock that could not be modelled are of no known time: what counts is when the message was received.
            bool hasPublishTime = clock is not { UsesStamps: false } && publishTimeNs != 0 && publishTimeNs != logTimeNs;
            TimeBase = hasStamp ? "header" : hasPublishTime ? "publish" : "log";
        }

        if (hasStamp) return stampNs;
        return TimeBase == "log" || publishTimeNs == 0 ? logTimeNs : publishTimeNs;
    }

    private void Reserve(int rows)
    {
        if (isStamped.Length >= rows) return;
        (isStamped, logRun, sensorRun) = (new bool[rows], new long[rows], new long[rows]);
        if (clock is not null) errorRun = new long[rows];
    }

    // Engines compare column names ignoring case, so names that differ in nothing else would make a table nobody can query.
    private static IEnumerable<Field> UniqueNames(IReadOnlyList<Field> fields)
    {
        var taken = new HashSet<string>(SystemColumns.Fields.Select(field => field.Name), StringComparer.OrdinalIgnoreCase);
        foreach (var field in fields)
        {
            string name = SystemColumns.Rename(field.Name);
            while (!taken.Add(name)) name += "_";
            yield return name == field.Name ? field : field with { Name = name };
        }
    }
}
