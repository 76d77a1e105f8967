using System.Collections.ObjectModel;
using Mesh.Streaming.Ingest;

namespace Mesh.Synchronise.Streams;

/// <summary>Makes the frames of one group of live streams, a window per vehicle. Not thread-safe.</summary>
public sealed class StreamGroup
{
    private readonly Dictionary<string, int> channels = [];
    private readonly long rateReachNs;

    /// <exception cref="ArgumentException">The group is one that <see cref="StreamLimits"/> refuses.</exception>
    public StreamGroup(SynchroniseOptions options, StreamOptions stream)
    {
        if (options.Reference is SetReference) throw new ArgumentException("Sets cannot be made of a stream.", nameof(options));
        Options = options;
        Stream = stream;
        foreach (string channel in options.Channels) channels.Add(channel, channels.Count);
        Schemas = [.. channels.Select(_ => new ChannelSchemas())];
        Inputs = [.. options.Inputs.Select(input => new StreamInput(input, options, channels[input.Channel]))];
        Accounts = new ReadOnlyCollection<SynchroniseAccount>([.. options.Inputs.Select(input => new SynchroniseAccount(input.Name, input.Channel))]);
        if (options.Reference is RateReference rate) rateReachNs = Inputs.Select(input => Math.Max(input.BackNs, input.AheadNs)).Append(rate.PeriodNs * 2).Max();
    }

    /// <summary>What is made.</summary>
    public SynchroniseOptions Options { get; }

    /// <summary>What became of the inputs, over all vehicles since the start.</summary>
    public IReadOnlyList<SynchroniseAccount> Accounts { get; }

    /// <summary>Whether a channel takes part.</summary>
    public bool Wants(string channel) => channels.ContainsKey(channel);

    /// <summary>A vehicle's window.</summary>
    /// <param name="recordingId">Of the rows.</param>
    /// <param name="vehicleId">The vehicle.</param>
    /// <param name="state">Where it was; the messages from its offset on are to be added again.</param>
    public StreamWindow Open(string recordingId, string vehicleId, StreamState state) => new(this, recordingId, vehicleId, state);

    internal StreamOptions Stream { get; }

    internal ChannelSchemas[] Schemas { get; }

    internal StreamInput[] Inputs { get; }

    /// <summary>How far from a tick of a fixed rate a sample lets it be a frame.</summary>
    internal long RateReachNs => rateReachNs;

    internal int ReferenceChannel => Options.Reference is ChannelReference reference ? channels[reference.Channel] : -1;

    internal int ChannelCount => channels.Count;

    internal int IndexOf(string channel) => channels[channel];

    /// <summary>Samples of a batch, as a block whose schema is known to the group.</summary>
    internal RowBlock BlockOf(ChannelBatch batch)
    {
        var (type, columns) = ValueColumns.Of(batch.Batch);
        var schemas = Schemas[channels[batch.Channel]];
        return new RowBlock
        {
            SchemaIndex = schemas.Add(type, schemas.All.Count),
            Times = batch.SensorTimeNs,
            Sequences = batch.Batch["sequence"].Values<long>().ToArray(),
            LogTimes = batch.Batch["log_time"].Values<long>().ToArray(),
            ArrivalsNs = batch.Batch["log_time_ns"].Values<long>().ToArray(),
            Columns = columns,
        };
    }
}
