using System.Globalization;
using Mesh.Model;
using Mesh.Streaming.Ingest;
using Mesh.Streaming.Topologies;

namespace Mesh.Synchronise;

/// <summary>Reads one item of a topology's <c>synchronise</c> section.</summary>
internal static class SynchroniseSection
{
    private const int MaxQueueSize = 100_000;

    // Sums of spreads stay exact below it.
    private const long MaxSpreadNs = 100L * 86_400 * 1_000_000_000;

    /// <returns>Null when name or reference are missing, which has been reported.</returns>
    public static SynchroniseOptions? Read(TopologyNode section)
    {
        section.AllowKeys("name", "reference", "match", "tolerance", "clock", "keepUnmatched", "inputs");

        string name = section.RequireText("name");
        var reference = ReadReference(section);
        var inputs = ReadInputs(section);
        if (name.Length == 0 || reference is null) return null;
        return new SynchroniseOptions
        {
            Name = name,
            Reference = reference,
            ToleranceNs = section.GetDurationNs("tolerance", SynchroniseOptions.DefaultToleranceNs),
            Inputs = inputs,
            Clock = ClockOptions.Read(section),
            KeepUnmatched = section.GetBoolean("keepUnmatched", false),
        };
    }

    private static FrameReference? ReadReference(TopologyNode section)
    {
        if (section.Get("match") is { } match)
        {
            if (section.Get("reference") is { } both) both.Report($"{section.Path} has 'reference' and 'match'; frames are made by one of them, so remove the other.");
            return ReadMatch(match);
        }

        if (section.Get("reference") is not { } reference)
        {
            section.Report(
                "A synchronise item needs what makes its frames: reference: { channel: /lidar/top }, { rate: 10Hz } or { events: /camera/trigger }, or match: { policy: approximateTime }.");
            return null;
        }

        string[] kinds = [.. new[] { "channel", "rate", "events" }.Where(kind => reference.Get(kind) is not null)];
        if (kinds.Length != 1)
        {
            reference.AllowKeys("channel", "rate", "events", "when", "latency");
            reference.Report($"{reference.Path} needs exactly one of 'channel', 'rate' and 'events'{(kinds.Length == 0 ? "" : $", and has {string.Join(" and ", kinds)}")}.");
            return null;
        }

        switch (kinds[0])
        {
            case "rate":
                reference.AllowKeys("rate");
                return ReadRate(reference.Get("rate")!);
            case "events":
                reference.AllowKeys("events", "when", "latency");
                return ReadChannel(reference, "events") is { } events ? events with { When = ReadCondition(reference.Get("when")) } : null;
            default:
                reference.AllowKeys("channel", "latency");
                return ReadChannel(reference, "channel");
        }
    }

    private static ChannelReference? ReadChannel(TopologyNode reference, string key)
    {
        string channel = reference.RequireText(key);
        return channel.Length == 0 ? null : new ChannelReference(channel) { LatencyNs = ReadLatency(reference) };
    }

    private static RateReference? ReadRate(TopologyNode rate)
    {
        string text = rate.AsText().Trim();
        foreach (var (unit, factor) in new[] { ("kHz", 1_000_000_000m), ("mHz", 1_000m), ("Hz", 1_000_000m) })
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal)) continue;
            if (!decimal.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out decimal value)) break;
            if (value <= RateReference.MaxMicroHertz && value * factor is >= 1 and <= RateReference.MaxMicroHertz && value * factor == decimal.Truncate(value * factor))
            {
                return new RateReference((long)(value * factor));
            }
        }

        rate.Report($"{rate.Path}: '{text}' is not a rate: a number with Hz, kHz or mHz, in millionths of a hertz up to 100kHz, for example 10Hz or 29.97Hz.");
        return null;
    }

    private static EventCondition? ReadCondition(TopologyNode? when)
    {
        if (when is null) return null;
        when.AllowKeys("field", "equals", "on");
        string field = when.RequireText("field"), value = when.RequireText("equals");
        string on = when.GetText("on", "change");
        if (on is not ("change" or "every")) when.Get("on")!.Report($"{when.Path}.on: '{on}' is none of change, every.");
        return field.Length == 0 || value.Length == 0 ? null : new EventCondition(field, value) { OnChange = on == "change" };
    }

    private static SetReference ReadMatch(TopologyNode match)
    {
        match.AllowKeys("policy", "queueSize", "agePenalty", "maxInterval", "tolerance", "reward", "order");
        if (match.Get("policy") is null) match.RequireText("policy");
        var defaults = new SetReference(match.GetChoice("policy", SetPolicy.ApproximateTime));
        string[] known = defaults.Policy switch
        {
            SetPolicy.ApproximateTime => ["queueSize", "agePenalty", "maxInterval", "order"],
            SetPolicy.ExactTime => ["queueSize", "order"],
            SetPolicy.ApproximateEpsilonTime => ["queueSize", "tolerance", "order"],
            SetPolicy.LatestTime => ["order"],
            _ => ["tolerance", "reward"],
        };
        foreach (string key in match.Keys.Where(key => key is "queueSize" or "agePenalty" or "maxInterval" or "tolerance" or "reward" or "order" && !known.Contains(key)))
        {
            match.Get(key)?.Report($"{match.Path}.{key} has no meaning for the policy {Word(defaults.Policy)}, which knows {string.Join(", ", known)}; remove it.");
        }

        long queueSize = match.GetInteger("queueSize", defaults.QueueSize);
        if (queueSize is < 1 or > MaxQueueSize) match.Get("queueSize")!.Report($"{match.Path}.queueSize must be from 1 to {MaxQueueSize}.");
        double agePenalty = match.GetNumber("agePenalty", defaults.AgePenalty);
        if (agePenalty is < 0 or > 1_000_000) match.Get("agePenalty")!.Report($"{match.Path}.agePenalty must be from 0 to 1000000.");
        long? tolerance = OptionalDuration(match, "tolerance");
        long? reward = OptionalDuration(match, "reward");
        if (tolerance > MaxSpreadNs) match.Get("tolerance")!.Report($"{match.Path}.tolerance must be at most 100d.");
        if (reward is < 1 or > MaxSpreadNs) match.Get("reward")!.Report($"{match.Path}.reward must be from 1ns to 100d.");
        return defaults with
        {
            QueueSize = (int)Math.Clamp(queueSize, 1, MaxQueueSize),
            AgePenalty = Math.Clamp(agePenalty, 0, 1_000_000),
            MaxIntervalNs = OptionalDuration(match, "maxInterval"),
            ToleranceNs = tolerance,
            RewardNs = reward,
            Order = match.Get("order") is null ? null : match.GetChoice("order", FeedOrder.Arrival),
        };
    }

    private static List<SynchroniseInput> ReadInputs(TopologyNode section)
    {
        bool hasSets = section.Get("match") is not null;
        List<SynchroniseInput> inputs = [];
        foreach (var node in section.Get("inputs")?.Items ?? [])
        {
            if (ReadInput(node, hasSets && node.Get("policy") is null) is not { } input) continue;
            if (inputs.Exists(other => other.Name.Equals(input.Name, StringComparison.OrdinalIgnoreCase)))
            {
                node.Report($"Two inputs would share the column '{input.Name}'; give one of them a 'name'.");
                continue;
            }

            inputs.Add(input);
        }

        if (inputs.Count == 0) section.Report("A synchronise item needs at least one input: inputs: [{ channel: /imu, policy: linear }].");
        else if (hasSets && inputs.Count(input => input.IsMember) < 2)
        {
            section.Report($"The sets of {section.Path} need at least two members: inputs without a 'policy' of their own, for example {{ channel: /camera/front }}.");
        }

        return inputs;
    }

    private static SynchroniseInput? ReadInput(TopologyNode node, bool isMember)
    {
        node.AllowKeys("channel", "name", "policy", "tolerance", "maxAge", "maxGap", "latency", "fields");
        string channel = node.RequireText("channel");
        if (channel.Length == 0) return null;
        var input = new SynchroniseInput(channel, node.GetChoice("policy", SynchronisePolicy.Nearest))
        {
            Name = SynchroniseInput.ColumnName(node.GetText("name", channel)),
            IsMember = isMember,
            ToleranceNs = OptionalDuration(node, "tolerance"),
            MaxAgeNs = OptionalDuration(node, "maxAge"),
            MaxGapNs = OptionalDuration(node, "maxGap"),
            LatencyNs = ReadLatency(node),
        };
        bool isLinear = !isMember && input.Policy == SynchronisePolicy.Linear;
        foreach (string key in new[] { "tolerance", "maxAge", "maxGap", "fields" })
        {
            if (node.Get(key) is not { } limit) continue;
            if (isMember) limit.Report($"{limit.Path} has no meaning for a member of a set; limits of sets stand under 'match'. Give the input a 'policy' to have it brought to the set's time instead.");
            else if (key is "maxGap" or "fields" && !isLinear) limit.Report($"{limit.Path} has no meaning for the policy {Word(input.Policy)}: only linear makes values between samples. Remove it or write policy: linear.");
        }

        return node.Get("fields") is { } fields && isLinear ? input with { Fields = FieldSection.Read(fields) } : input;
    }

    private static long? OptionalDuration(TopologyNode node, string key) => node.Get(key) is null ? null : node.GetDurationNs(key, 0);

    // Unlike other durations it may be negative.
    private static long ReadLatency(TopologyNode node)
    {
        if (node.Get("latency") is not { } child) return 0;
        string text = child.AsText().Trim();
        bool isNegative = text.StartsWith('-');
        if (DurationText.TryParseNs(isNegative ? text[1..] : text, out long nanoseconds)) return isNegative ? -nanoseconds : nanoseconds;
        child.Report($"{child.Path}: '{text}' is not a duration with its unit (ns, us, ms, s), positive or negative, for example 8ms or -2.5ms.");
        return 0;
    }

    private static string Word<T>(T value)
        where T : struct, Enum => char.ToLowerInvariant(value.ToString()[0]) + value.ToString()[1..];
}
