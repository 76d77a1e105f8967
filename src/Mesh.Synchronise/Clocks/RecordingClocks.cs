using System.Globalization;
using Mesh.Streaming.Ingest;

namespace Mesh.Synchronise.Clocks;

/// <summary>
/// The clocks of one recording: takes the stamps of a first pass in bounded memory, estimates when told, then corrects what the second pass
/// decodes. A channel's stamp becomes host time by its own model, and host time, log times too, true time by that of the truth channel.
/// Not thread-safe while taking and estimating.
/// </summary>
/// <param name="plan">Whose clocks.</param>
/// <param name="maxBytes">Bytes of stamps held over all channels; beyond it the largest channel is thinned, or has no model at last.</param>
public sealed class RecordingClocks(ClockPlan plan, long maxBytes) : IClockStamps, IClockCorrection
{
    private const string Header = "header";
    private const int MaxPairs = 32_768;

    private readonly Dictionary<string, Stamps> channels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IChannelClock> clocks = new(StringComparer.Ordinal);
    private readonly StampReservoir truthStamps = new();
    private readonly List<ClockPair> truthPairs = [];
    private readonly List<ChannelClockModel> models = [];
    private long pairStride = 1;
    private long pairsSeen;
    private long firstTruthNs;
    private long heldBytes;
    private ClockModel? truth;
    private bool isComplete;

    /// <summary>What was found, the truth first, then by channel; complete after <see cref="Estimate"/>.</summary>
    public IReadOnlyList<ChannelClockModel> Models => models;

    /// <summary>Bytes of stamps held.</summary>
    public long HeldBytes => heldBytes;

    /// <inheritdoc/>
    IChannelStamps? IClockStamps.Of(string channel)
    {
        if (!plan.Wants(channel)) return null;
        if (!channels.TryGetValue(channel, out var stamps)) channels.Add(channel, stamps = new Stamps(this));
        return stamps;
    }

    /// <inheritdoc/>
    public bool IsTruth(string channel) => channel == plan.Truth;

    /// <inheritdoc/>
    public void AddTruth(long hostNs, long trueNs, bool isExact)
    {
        if (pairsSeen == 0 && truthStamps.Added == 0) firstTruthNs = hostNs;
        if (!isExact)
        {
            truthStamps.Add(trueNs, hostNs);
            return;
        }

        if (pairsSeen++ % pairStride != 0) return;
        truthPairs.Add(new ClockPair(hostNs, trueNs));
        if (truthPairs.Count < MaxPairs) return;
        for (int i = 0; i < MaxPairs / 2; i++) truthPairs[i] = truthPairs[i * 2];
        truthPairs.RemoveRange(MaxPairs / 2, MaxPairs / 2);
        pairStride *= 2;
    }

    /// <summary>Estimates every clock and lets go of the stamps. Once, after the first pass.</summary>
    public void Estimate()
    {
        if (isComplete) throw new InvalidOperationException("The clocks have been estimated already.");
        isComplete = true;
        if (plan.Truth is not null)
        {
            truth = EstimateTruth();
            models.Add(new ChannelClockModel(plan.Truth, "truth", truth, firstTruthNs));
            if (truth.Refusal is not null) truth = null;
        }

        truthStamps.Clear();
        truthPairs.Clear();
        foreach (var (channel, stamps) in channels.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            if (stamps.Messages == 0) continue;
            var model = stamps switch
            {
                { HasStamps: false } => ClockModel.Identity with { Samples = stamps.Messages },
                { IsLeftOut: true } => ClockModel.Refused("MESH3212", string.Create(CultureInfo.InvariantCulture, $"The stamps of the recording's channels do not fit into {maxBytes:N0} bytes. Raise limits.memory of the topology, or ask for fewer channels' clocks."), stamps.Messages),
                _ => ClockEstimator.Estimate(stamps.Reservoir),
            };
            stamps.Reservoir.Clear();
            models.Add(new ChannelClockModel(channel, stamps.HasStamps ? Header : "log", model, stamps.FirstLogTimeNs));
            var own = model.Segments.Count > 0 ? model : null;
            if (own is not null || truth is not null || model.Refusal is not null) clocks.Add(channel, new ChannelClock(own, truth, model.Refusal is null));
        }

        heldBytes = 0;
        channels.Clear();
    }

    /// <inheritdoc/>
    IChannelClock? IClockCorrection.Of(string channel) => clocks.GetValueOrDefault(channel);

    private ClockModel EstimateTruth()
    {
        if (truthPairs.Count > 0) return ClockEstimator.EstimateFromPairs(truthPairs);
        if (truthStamps.Added == 0) return ClockModel.Refused("MESH3211", $"The recording has no message with a true time on {plan.Truth}; log times are those of the host.", 0);

        // Stamps of true time that arrive late are one-way data seen from the other side.
        return ClockEstimator.Estimate(truthStamps).Inverted();
    }

    private void Account(Stamps stamps, long growth)
    {
        heldBytes += growth;
        while (heldBytes > maxBytes)
        {
            var largest = channels.Values.Where(other => other.Reservoir.CanShrink).MaxBy(other => other.Reservoir.Bytes);
            long before;
            if (largest is null)
            {
                before = stamps.Reservoir.Bytes;
                stamps.LeaveOut();
                heldBytes -= before;
                return;
            }

            before = largest.Reservoir.Bytes;
            largest.Reservoir.Shrink();
            heldBytes += largest.Reservoir.Bytes - before;
        }
    }

    private sealed class Stamps(RecordingClocks owner) : IChannelStamps
    {
        public StampReservoir Reservoir { get; } = new();

        public long Messages { get; private set; }

        /// <summary>As in the second pass, the first message decides.</summary>
        public bool HasStamps { get; private set; }

        public bool IsLeftOut { get; private set; }

        public long FirstLogTimeNs { get; private set; }

        public void Add(long? stampNs, long logTimeNs)
        {
            if (Messages++ == 0) (HasStamps, FirstLogTimeNs) = (stampNs is not null, logTimeNs);
            if (!HasStamps || IsLeftOut || stampNs is not { } stamp) return;
            long before = Reservoir.Bytes;
            Reservoir.Add(stamp, logTimeNs);
            if (Reservoir.Bytes != before) owner.Account(this, Reservoir.Bytes - before);
        }

        public void LeaveOut()
        {
            IsLeftOut = true;
            Reservoir.Clear();
        }
    }
}
