using System.Text;
using System.Text.Json;
using Mesh.Columnar;
using Mesh.Formats;
using Mesh.Formats.Bus;
using Mesh.Formats.Messages;
using Mesh.Formats.Messages.Json;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Model;
using Mesh.Streaming.Ingest;

namespace Mesh.Decode.Telemetry;

/// <summary>
/// Decodes telemetry messages with the decoders and row builders of recordings: one open batch per schema over all vehicles. A message that cannot be
/// decoded becomes a dead letter and leaves no trace in the rows. One caller at a time.
/// </summary>
/// <param name="topology">Name of the topology, for letters.</param>
/// <param name="tables">How the topology names its tables.</param>
/// <param name="options">The decode section.</param>
/// <param name="schemas">Finds schemas.</param>
/// <param name="findColumns">Columns of a table that exists, else null: JSON without a schema goes on from them.</param>
/// <param name="time">Clock of letters.</param>
public sealed class TelemetryDecoder(
    string topology, TableNames tables, DecodeOptions options, TelemetrySchemas schemas, Func<TableIdentifier, CancellationToken, ValueTask<Schema?>> findColumns, TimeProvider time)
{
    // Decoders are generated code; those of schemas that are no longer sent must not pile up.
    private const int MaxStreams = 1000;

    private readonly Dictionary<StreamKey, Stream> streams = [];
    private readonly Dictionary<string, JsonShape> shapes = [];
    private readonly CanFrameSplitter frames = new(options.Reader.Databases);
    private readonly AbsentColumn clockError = new();
    private readonly long[] number = new long[1];
    private List<TelemetryBatch> batches = [];
    private List<DeadLetter> letters = [];
    private long notSelected;

    /// <summary>Decodes messages; call again only after this has returned.</summary>
    /// <exception cref="MeshException">Transient ones of the registry or catalogue: nothing is lost, decode the same messages again.</exception>
    public async ValueTask<TelemetryRows> DecodeAsync(IReadOnlyList<TelemetryInput> messages, CancellationToken cancellationToken)
    {
        if (streams.Count > MaxStreams) streams.Clear();
        (batches, letters, notSelected) = ([], [], 0);
        bool done = false;
        try
        {
            for (int i = 0; i < messages.Count; i++) await DecodeAsync(messages[i], i, cancellationToken).ConfigureAwait(false);
            foreach (var stream in streams.Values) Close(stream);
            done = true;
            return new TelemetryRows(batches, letters, notSelected);
        }
        finally
        {
            // What is half-way through must not turn up in the next batch.
            if (!done) streams.Clear();
        }
    }

    private async ValueTask DecodeAsync(TelemetryInput input, int index, CancellationToken cancellationToken)
    {
        var message = input.Message;
        try
        {
            if (message.Encoding == TelemetryMessage.Can)
            {
                DecodeFrames(input, index);
                return;
            }

            var (schema, start) = await schemas.FindAsync(message, input.Record.Value, cancellationToken).ConfigureAwait(false);
            var payload = input.Record.Value.AsMemory(start);
            string name = schema?.Name ?? "";
            if (!options.Selects(name, message.Channel, input.VehicleId))
            {
                notSelected++;
                return;
            }

            if (schema is null) schema = await ShapeAsync(message.Channel, payload, cancellationToken).ConfigureAwait(false);
            var stream = StreamOf(message.Encoding, schema, name.Length > 0 ? name : message.Channel, name.Length == 0 ? message.Channel : "");
            Append(stream, input, index, message.Channel, payload.Span, new MessageRef(0, 0, message.LogTimeNs, message.PublishTimeNs, 0, payload.Length, 0), input.Record.Position.Offset);
        }
        catch (MeshException refusal) when (!refusal.IsTransient)
        {
            Refuse(input, message.Channel, message.SchemaName, input.Record.Value, message.LogTimeNs, input.Record.Position.Offset, refusal);
        }
    }

    // One record has many frames: their numbers leave room for them.
    private void DecodeFrames(TelemetryInput input, int index)
    {
        var message = input.Message;
        var split = frames.Split(input.Record.Value, message.LogTimeNs, message.PublishTimeNs);
        long sequence = checked(input.Record.Position.Offset * CanFrameSplitter.MaxFrames);
        bool any = false;
        foreach (var frame in split)
        {
            var channel = frames.Channels[frame.ChannelIndex];
            string name = channel.Schema?.Name ?? "";
            if (options.Selects(name, channel.Topic, input.VehicleId))
            {
                any = true;
                var payload = frames.Data.Slice(frame.Offset, frame.Length);
                try
                {
                    Append(StreamOf(channel.MessageEncoding, channel.Schema, channel.Topic, ""), input, index, channel.Topic, payload, frame with { Offset = 0 }, sequence);
                }
                catch (MeshException refusal) when (!refusal.IsTransient)
                {
                    Refuse(input, channel.Topic, name, payload, frame.LogTimeNs, sequence, refusal);
                }
            }

            sequence++;
        }

        if (!any) notSelected++;
    }

    private void Append(
        Stream stream, TelemetryInput input, int index, string channel, ReadOnlySpan<byte> payload, in MessageRef place, long sequence)
    {
        if (stream.Rows.Refusal is { } refusal) throw refusal;
        if (place.LogTimeNs > long.MaxValue || place.PublishTimeNs > long.MaxValue)
        {
            throw new MeshException("MESH2103", $"Log time {place.LogTimeNs} ns or publish time {place.PublishTimeNs} ns lies beyond the year 2262, the end of signed 64-bit nanoseconds. Correct the producer's clock.");
        }

        number[0] = sequence;
        stream.Rows.Append(payload, [place], number, out var failure);
        if (failure is not null) throw failure;
        stream.RecordingId.Append(Encoding.ASCII.GetBytes(input.Source.RecordingId));
        stream.VehicleId.Append(Encoding.UTF8.GetBytes(input.VehicleId));
        stream.Channel.Append(Encoding.UTF8.GetBytes(channel));
        stream.Inputs.Add(index);
        if (stream.Rows.Rows >= options.BatchRows || stream.Rows.UnmeasuredBytes >= options.BatchBytes) Close(stream);
    }

    private void Close(Stream stream)
    {
        if (stream.Inputs.Count == 0) return;
        batches.Add(new TelemetryBatch(stream.Rows.Build(), stream.Inputs));
        stream.Inputs = [];
    }

    private Stream StreamOf(string encoding, MessageSchema? schema, string topic, string channel)
    {
        var key = new StreamKey(encoding, schema, channel);
        if (streams.TryGetValue(key, out var known)) return known;
        var (recording, vehicle, name) = (new VaryingColumn(), new VaryingColumn(), new VaryingColumn());
        var rows = new ChannelStream(topic, schema, encoding, new TopicCounter(), recording, vehicle, clockError, options.Messages, name) { Index = streams.Count, IsTimeBasePerMessage = true };
        return streams[key] = new Stream(rows, recording, vehicle, name);
    }

    /// <summary>The schema of JSON that names none; null when it is no object and stays text.</summary>
    private async ValueTask<MessageSchema?> ShapeAsync(string channel, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(payload);
        }
        catch (JsonException exception)
        {
            throw new MeshException("MESH2404", $"The message of channel {channel} is not JSON: {exception.Message}", innerException: exception);
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object) return null;
            if (!shapes.TryGetValue(channel, out var shape))
            {
                if (shapes.Count > MaxStreams) shapes.Clear();
                var table = await findColumns(tables.OfMessages("", channel), cancellationToken).ConfigureAwait(false);
                shapes[channel] = shape = new JsonShape(table?.Fields.Where(field => !SystemColumns.Fields.Any(system => system.Name == field.Name)).Select(AsSent));
            }

            if (shape.Fit(document.RootElement) is { } misfit)
            {
                throw new MeshException("MESH2405", $"The message of channel {channel} does not go with those before it: {misfit}. Send it on another channel, or with a JSON Schema.");
            }

            return shape.Schema;
        }
    }

    private static Field AsSent(Field column) =>
        column.Name.EndsWith('_') && SystemColumns.Rename(column.Name[..^1]) == column.Name ? column with { Name = column.Name[..^1] } : column;

    private void Refuse(TelemetryInput input, string channel, string schemaName, ReadOnlySpan<byte> payload, ulong logTimeNs, long sequence, MeshException refusal)
    {
        var letter = TelemetryLetters.Create(input.Source, input.Record, refusal, topology, time);
        letter.VehicleId = input.VehicleId;
        letter.Channel = channel;
        letter.Sequence = letter.LastSequence = sequence;
        letter.LogTimeNs = logTimeNs;
        letter.SchemaName = schemaName;
        TelemetryLetters.SetPayload(letter, payload, options.MaxLetterPayloadBytes);
        letters.Add(letter);
    }

    /// <summary>What shares a decoder: the schema as an object, for equal ones are the same; without one the channel too.</summary>
    private readonly record struct StreamKey(string Encoding, MessageSchema? Schema, string Channel)
    {
        public bool Equals(StreamKey other) => Encoding == other.Encoding && ReferenceEquals(Schema, other.Schema) && Channel == other.Channel;

        public override int GetHashCode() => HashCode.Combine(Encoding, Schema is null ? 0 : System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(Schema), Channel);
    }

    private sealed class Stream(ChannelStream rows, VaryingColumn recordingId, VaryingColumn vehicleId, VaryingColumn channel)
    {
        public ChannelStream Rows { get; } = rows;

        public VaryingColumn RecordingId { get; } = recordingId;

        public VaryingColumn VehicleId { get; } = vehicleId;

        public VaryingColumn Channel { get; } = channel;

        public List<int> Inputs { get; set; } = [];
    }
}
