using Mesh.Columnar;
using Mesh.Formats;
using Mesh.Formats.Messages;
using Mesh.Formats.RosBag;
using Mesh.Model;
using Mesh.Simulation;

namespace Mesh.Fuzz.Targets;

/// <summary>
/// Payloads and schemas of every encoding: decoded run by run (once warm, by generated code) and one by one (by the plain reader), which must agree.
/// </summary>
public sealed class MessagesTarget : FuzzTarget
{
    private const int PayloadsPerSchema = 5;
    private const int MaxPayloadBytes = 20_000;
    private const int SchemasPerFile = 12;

    // More than the messages after which decoders generate code.
    private const int WarmUp = 600;

    private readonly Dictionary<RecordingChannel, Warm> warm = [];

    /// <inheritdoc/>
    public override string Name => "messages";

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<FuzzSample>> LoadAsync(CancellationToken cancellationToken)
    {
        List<FuzzSample> files =
        [
            .. Corpus.Find(".mcap", ".bag", ".db3", ".mf4", ".mdf"), await GeneratedSamples.McapAsync(Formats.Mcap.McapCompression.None, DriveSchema.Ros2),
            await GeneratedSamples.McapAsync(Formats.Mcap.McapCompression.None, DriveSchema.Protobuf), await GeneratedSamples.Ros1BagAsync(Ros1BagCompression.None),
        ];
        List<FuzzSample> samples = [];
        HashSet<string> known = [];
        foreach (var file in files)
        {
            var byChannel = await PayloadsOfAsync(file, cancellationToken);
            foreach (var (channel, payloads) in byChannel.Take(SchemasPerFile))
            {
                if (!known.Add($"{channel.MessageEncoding} {Convert.ToHexString(channel.Schema!.Data.Span)}")) continue;
                samples.Add(await MessageSample.CreateAsync($"{file.Name}-{samples.Count}.mcap", channel, payloads, hasSchemaOfSample: true, cancellationToken));
            }
        }

        return samples;
    }

    /// <inheritdoc/>
    public override async ValueTask<FuzzSample> MutateAsync(IReadOnlyList<FuzzSample> samples, Random random, CancellationToken cancellationToken)
    {
        var sample = (MessageSample)Mutator.Pick(samples, random);
        var other = (MessageSample)samples[random.Next(samples.Count)];
        var channel = sample.Channel;
        bool isSchema = random.Next(3) == 0;
        if (isSchema)
        {
            var schema = channel.Schema!;
            channel = channel with { Schema = schema with { Data = Mutator.Mutate(schema.Data.ToArray(), other.Channel.Schema!.Data.ToArray(), random) } };
        }

        List<byte[]> payloads = [];
        for (int count = random.Next(1, 8); count > 0; count--)
        {
            byte[] payload = sample.Payloads[random.Next(sample.Payloads.Count)];
            payloads.Add(isSchema && random.Next(2) == 0 ? payload : Mutator.Mutate(payload, other.Payloads[0], random));
        }

        // Now and then so many that the schema's generated code gets the same ones.
        int repeats = random.Next(10) == 0 ? 1 + (WarmUp / payloads.Count) : 1;
        byte[][] all = [.. Enumerable.Repeat(payloads, repeats).SelectMany(list => list)];
        return all.Sum(payload => (long)payload.Length) > 2 << 20
            ? await MessageSample.CreateAsync(sample.Name, channel, payloads, !isSchema, cancellationToken)
            : await MessageSample.CreateAsync(sample.Name, channel, all, !isSchema, cancellationToken);
    }

    /// <inheritdoc/>
    public override async Task<bool> RunAsync(FuzzSample input, Random random, CancellationToken cancellationToken)
    {
        var sample = (MessageSample)input;
        if (!await RecordingExercise.RunAsync(sample, random, cancellationToken)) return false;
        if (!sample.HasSchemaOfSample) return true;
        if (!warm.TryGetValue(sample.Channel, out var decoders)) warm[sample.Channel] = decoders = new Warm(sample);
        foreach (byte[] payload in sample.Payloads.Take(8)) decoders.Compare(payload);
        return true;
    }

    private static async Task<List<(RecordingChannel Channel, List<byte[]> Payloads)>> PayloadsOfAsync(FuzzSample file, CancellationToken cancellationToken)
    {
        Dictionary<int, (RecordingChannel Channel, List<byte[]> Payloads)> byChannel = [];
        if (await RecordingExercise.OpenAsync(file, RecordingExercise.Limits, cancellationToken) is not { } reader) return [];
        await using var opened = reader;
        while (await reader.ReadBlockAsync(cancellationToken) is { } block)
        {
            foreach (var message in block.Messages.ToArray())
            {
                var channel = reader.Channels[message.ChannelIndex];
                if (channel.Schema is null || message.Length > MaxPayloadBytes) continue;
                if (!byChannel.TryGetValue(message.ChannelIndex, out var entry))
                {
                    // Its own copy: a reader's schemas may end with the reader.
                    entry = (channel with { Schema = channel.Schema with { Data = channel.Schema.Data.ToArray() } }, []);
                    byChannel.Add(message.ChannelIndex, entry);
                }

                if (entry.Payloads.Count < PayloadsPerSchema) entry.Payloads.Add(block[message].ToArray());
            }
        }

        return [.. byChannel.Values];
    }

    /// <summary>Two decoders of one schema: one that generates code, one that never has reason to.</summary>
    private sealed class Warm
    {
        private readonly MessageDecoder? compiled;
        private readonly MessageDecoder? plain;
        private readonly ColumnBuilder[] compiledColumns = [];
        private readonly ColumnBuilder[] plainColumns = [];
        private readonly bool isStateful;

        public Warm(MessageSample sample)
        {
            try
            {
                compiled = MessageDecoders.Create(sample.Channel.MessageEncoding, sample.Channel.Schema);
                plain = MessageDecoders.Create(sample.Channel.MessageEncoding, sample.Channel.Schema);
            }
            catch (MeshException)
            {
                return;
            }

            compiledColumns = [.. compiled.Type.Fields.Select(field => ColumnBuilder.Create(field.Type))];
            plainColumns = [.. plain.Type.Fields.Select(field => ColumnBuilder.Create(field.Type))];

            // The layout of wide text is guessed from what came before.
            isStateful = sample.Channel.Schema!.Data.Span.IndexOf("wstring"u8) >= 0;
            byte[] first = sample.Payloads[0];
            var run = new MessageRef[WarmUp];
            Array.Fill(run, new MessageRef(0, 0, 0, 0, 0, first.Length, 0));
            for (int at = 0; at < WarmUp;)
            {
                at += compiled.DecodeRun(first, run.AsSpan(at), compiledColumns, out var failure);
                if (failure is not null) at++;
            }

            foreach (var column in compiledColumns) column.Truncate(0);
        }

        public void Compare(byte[] payload)
        {
            if (compiled is null || plain is null || isStateful) return;
            int rows = compiled.DecodeRun(payload, [new MessageRef(0, 0, 0, 0, 0, payload.Length, 0)], compiledColumns, out var failure);
            MessageFormatException? plainFailure = null;
            try
            {
                plain.Decode(payload, plainColumns);
            }
            catch (MessageFormatException exception)
            {
                plainFailure = exception;
                foreach (var column in plainColumns) column.Truncate(0);
            }

            if ((failure is null) != (plainFailure is null)) throw new FuzzException($"decoders disagree: run says {failure?.Message ?? "sound"}, one by one {plainFailure?.Message ?? "sound"}");
            if (rows != (failure is null ? 1 : 0)) throw new FuzzException($"{rows} rows of one message");
            for (int i = 0; i < compiledColumns.Length; i++)
            {
                var one = compiledColumns[i].Build();
                var other = plainColumns[i].Build();
                ColumnCheck.Check(one, rows);
                if (!ColumnCheck.AreSame(one, other)) throw new FuzzException($"decoders disagree: column {compiled.Type.Fields[i].Name} differs");
            }
        }
    }
}
