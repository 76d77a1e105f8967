using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Mesh.Model;
using Mesh.Streaming.Topologies;

namespace Mesh.Trigger;

/// <summary>Reads the <c>triggers</c> section of a topology.</summary>
internal sealed class TriggerRuleReader(string topology, string topologyVersion, string team, Func<TriggerJob, string?>? whyNot)
{
    private const string Days = "mon, tue, wed, thu, fri, sat, sun";

    public IReadOnlyList<TriggerRule> Read(TopologyNode triggers)
    {
        var rules = new List<TriggerRule>();
        foreach (var node in triggers.Items)
        {
            if (ReadRule(node) is not { } rule) continue;
            if (rules.Any(other => other.Name == rule.Name)) node.Report($"there is another trigger '{rule.Name}'; give each its own name");
            else rules.Add(rule);
        }

        return rules;
    }

    private TriggerRule? ReadRule(TopologyNode node)
    {
        node.AllowKeys("name", "on", "join", "filter", "when", "schedule", "debounce", "cooldown", "budget", "job");
        string name = node.RequireText("name");
        var inputs = ReadInputs(node);
        var rule = new TriggerRule
        {
            Name = name,
            Topology = topology,
            TopologyVersion = topologyVersion,
            Team = team,
            Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(node.Canonical)).AsSpan(0, 8)),
            Inputs = inputs,
            IsJoin = node.Get("join") is not null,
            Schedule = node.Get("schedule") is { } schedule ? ReadSchedule(schedule) : null,
            Debounce = node.Get("debounce") is { } debounce ? ReadDebounce(node, debounce) : null,
            Cooldown = FromNanoseconds(node.GetDurationNs("cooldown", 0)),
            Budget = node.Get("budget") is { } budget ? ReadBudget(budget) : null,
            Job = null!,
        };
        return ReadJob(node, name) is { } job && name.Length > 0 && inputs.Count > 0 ? rule with { Job = job } : null;
    }

    private static List<TriggerInput> ReadInputs(TopologyNode node)
    {
        var (on, join) = (node.Get("on"), node.Get("join"));
        if (on is not null && join is not null)
        {
            node.Report("a trigger has either 'on', products that each start a job, or 'join', products that start one together");
            return [];
        }

        if ((on ?? join)?.Items is not { Count: > 0 } items)
        {
            node.Report("a trigger needs 'on' with at least one product: on: [perception.frames], or 'join' with at least two");
            return [];
        }

        if (join is not null && items.Count < 2) join.Report("'join' needs at least two products; one alone is written under 'on'");
        var filter = node.Get("filter") is { } text ? TriggerFilterReader.Read(text) : null;
        bool isFiltered = node.Get("filter") is not null;
        var when = node.Get("when") is { } condition ? TriggerConditionReader.Read(condition) : null;
        bool hasWhen = node.Get("when") is not null;
        var inputs = new List<TriggerInput>();
        foreach (var item in items)
        {
            // An item of a join may be a mapping with what holds for this product alone.
            bool isMapping = join is not null && item.ToJson() is JsonObject;
            if (isMapping) item.AllowKeys("product", "filter", "when");
            string product = isMapping ? item.RequireText("product") : item.AsText();
            if (product.Length == 0 && !isMapping) item.Report("'on' and 'join' name products: on: [perception.frames]");
            if (product.Length == 0 || (inputs.Exists(other => other.Product == product) && on is not null)) continue;
            if (inputs.Exists(other => other.Product == product))
            {
                item.Report($"'{product}' is in 'join' twice; name it once");
                continue;
            }

            var own = isMapping && item.Get("when") is { } ownWhen ? TriggerConditionReader.Read(ownWhen) : when;
            if (own is null && !hasWhen && !(isMapping && item.Get("when") is not null))
            {
                (isMapping ? item : node).Report("a trigger needs 'when' with at least one of newRows, newDuration, newVehicles, labels, drift: when: { newRows: 100000, newDuration: 1h }");
                if (!isMapping) return [];
            }

            var ownFilter = isMapping && item.Get("filter") is { } itemFilter ? TriggerFilterReader.Read(itemFilter) : filter;
            if (own is null || (isFiltered && filter is null)) continue;
            inputs.Add(new TriggerInput { Product = product, Filter = ownFilter, When = own });
        }

        return inputs;
    }

    private static TriggerSchedule? ReadSchedule(TopologyNode node)
    {
        node.AllowKeys("days", "from", "to", "timeZone");
        var days = new List<DayOfWeek>();
        foreach (var item in node.Get("days")?.Items ?? [])
        {
            string text = item.AsText();
            int index = text.Length == 3 ? Array.IndexOf(Days.Split(", "), text.ToLowerInvariant()) : -1;
            if (index < 0) item.Report($"'{text}' is none of {Days}");
            else days.Add((DayOfWeek)((index + 1) % 7));
        }

        if (node.Get("days") is { } given && days.Count == 0) given.Report($"'days' needs at least one of {Days}; leave it out for every day");
        var from = ReadTime(node, "from");
        var to = ReadTime(node, "to");
        string zone = node.GetText("timeZone", "UTC");
        if (TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found)) return new TriggerSchedule(days, from, to, found);
        node.Get("timeZone")!.Report($"there is no time zone '{zone}' on this machine: write a name of the IANA database, for example Europe/Berlin");
        return null;
    }

    private static TimeOnly ReadTime(TopologyNode schedule, string key)
    {
        if (schedule.Get(key) is not { } node) return TimeOnly.MinValue;
        string text = node.AsText();
        if (TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)) return time;
        if (text == "24:00" && key == "to") return TimeOnly.MinValue;
        node.Report($"'{text}' is not a time of day, for example \"22:00\"");
        return TimeOnly.MinValue;
    }

    private static TriggerDebounce? ReadDebounce(TopologyNode rule, TopologyNode node)
    {
        if (node.ToJson() is not JsonObject) return Positive(rule, "debounce") is { } span ? new TriggerDebounce(span, null) : null;
        node.AllowKeys("quiet", "maxWait");
        if (node.Get("quiet") is null) node.Report("'debounce' needs 'quiet', how long no new data must have come: debounce: { quiet: 10m, maxWait: 2h }");
        var quiet = Positive(node, "quiet");
        var most = Positive(node, "maxWait");
        if (most < quiet) node.Get("maxWait")!.Report("'maxWait' must not be shorter than 'quiet'");
        return quiet is { } time ? new TriggerDebounce(time, most) : null;
    }

    private static TriggerBudget? ReadBudget(TopologyNode node)
    {
        node.AllowKeys("jobs", "hours", "per");
        long? jobs = node.Get("jobs") is null ? null : node.GetInteger("jobs", 1);
        double? hours = node.Get("hours") is null ? null : node.GetNumber("hours", 1);
        if (jobs is <= 0 or > int.MaxValue) node.Get("jobs")!.Report("'jobs' must be positive");
        if (hours <= 0) node.Get("hours")!.Report("'hours' must be positive");
        if (jobs is null && hours is null) node.Report("a budget needs jobs, hours or both: budget: { jobs: 4, per: 7d }");
        if (node.Get("per") is null) node.Report("a budget needs 'per', the span it is for: budget: { jobs: 4, per: 7d }");
        return Positive(node, "per") is { } per ? new TriggerBudget((int?)jobs, hours, per) : null;
    }

    private static TimeSpan? Positive(TopologyNode node, string key)
    {
        if (node.Get(key) is not { } child) return null;
        long ns = node.GetDurationNs(key, -1);
        if (ns == 0) child.Report($"'{key}' must be positive");
        return ns > 0 ? FromNanoseconds(ns) : null;
    }

    private TriggerJob? ReadJob(TopologyNode rule, string ruleName)
    {
        if (rule.Get("job") is not { } node)
        {
            rule.Report("a trigger needs a 'job': job: { trainer: builtin/manoeuvre, pool: cpu }");
            return null;
        }

        node.AllowKeys("kind", "trainer", "pool", "priority", "resources", "model", "hyperparameters", "gates");
        string trainer = node.RequireText("trainer");
        var hyperparameters = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (node.Get("hyperparameters") is { } values)
        {
            foreach (string key in values.Keys) hyperparameters[key] = values.Get(key)?.AsText() ?? "";
        }

        string fallback = trainer.StartsWith("builtin/", StringComparison.Ordinal) ? trainer["builtin/".Length..] : ruleName;
        string word = node.GetText("kind", "train");
        if (!JobKinds.TryParse(word, out var kind)) node.Get("kind")!.Report($"'{word}' is no kind of job; there are {JobKinds.Words}");
        var resources = node.Get("resources") is { } needs ? ReadResources(needs) : new TriggerResources();
        long priority = node.GetInteger("priority", 0);
        if (Math.Abs(priority) > 100) node.Get("priority")!.Report("'priority' lies between -100 and 100");
        var job = new TriggerJob
        {
            Kind = kind,
            Trainer = trainer,
            Priority = (int)Math.Clamp(priority, -100, 100),
            Resources = resources,
            Pool = node.GetText("pool", resources.Accelerator.Length > 0 ? "" : "cpu"),
            Model = node.GetText("model", fallback),
            Hyperparameters = hyperparameters,
            GatesJson = ReadGates(node),
        };
        if (whyNot?.Invoke(job) is { } reason) (node.Get("pool") ?? node.Get("resources") ?? node).Report(reason);
        return trainer.Length == 0 ? null : job;
    }

    private static TriggerResources ReadResources(TopologyNode node)
    {
        node.AllowKeys("accelerator", "accelerators", "cores", "memory", "maxDuration", "onDemandOnly");
        long accelerators = node.GetInteger("accelerators", 0);
        if (accelerators is < 0 or > 10_000) node.Get("accelerators")!.Report("'accelerators' is a number from 0 on");
        double cores = node.GetNumber("cores", 0);
        if (cores < 0) node.Get("cores")!.Report("'cores' must be positive");
        return new TriggerResources
        {
            Accelerator = node.GetText("accelerator", ""),
            Accelerators = (int)Math.Clamp(accelerators, 0, 10_000),
            Cores = Math.Max(0, cores),
            MemoryBytes = node.GetBytes("memory", 0),
            MaxSeconds = (long)Math.Ceiling(Positive(node, "maxDuration")?.TotalSeconds ?? 0),
            OnDemandOnly = node.GetBoolean("onDemandOnly", false),
        };
    }

    private static string ReadGates(TopologyNode job)
    {
        if (job.Get("gates") is not { } node) return "";
        var gates = new JsonObject();
        foreach (string metric in node.Keys)
        {
            if (node.Get(metric) is not { } gate) continue;
            gate.AllowKeys("min", "maxRegression");
            var limits = new JsonObject();
            if (gate.Get("min") is not null) limits["min"] = gate.GetNumber("min", 0);
            if (gate.Get("maxRegression") is not null) limits["max_regression"] = gate.GetNumber("maxRegression", 0);
            if (limits.Count == 0) gate.Report($"gate '{metric}' needs min, maxRegression or both");
            gates[metric] = limits;
        }

        return gates.Count == 0 ? "" : gates.ToJsonString();
    }

    private static TimeSpan FromNanoseconds(long nanoseconds) => TimeSpan.FromTicks(nanoseconds / 100);
}
