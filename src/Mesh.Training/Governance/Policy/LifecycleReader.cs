using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Mesh.Streaming.Topologies;

namespace Mesh.Training.Governance.Policy;

/// <summary>Reads a lifecycle's YAML; what is wrong is reported with its line and a remedy.</summary>
internal static partial class LifecycleReader
{
    private static readonly string[] Needed = [Lifecycle.Candidate, Lifecycle.Rejected, Lifecycle.Released, Lifecycle.Retired];

    public static Lifecycle? Read(string yaml, TopologyErrors errors)
    {
        if (string.IsNullOrWhiteSpace(yaml))
        {
            errors.Add(1, 1, "The file is empty. Begin with 'apiVersion: mesh/v1' and 'kind: Lifecycle'; governance/lifecycle.yaml is an example.");
            return null;
        }

        if (TopologyNode.Load(yaml, errors) is not { } root) return null;
        root.AllowKeys("apiVersion", "kind", "metadata", "states", "transitions", "rollback", "aliases");
        RequireWord(root, "apiVersion", "mesh/v1");
        RequireWord(root, "kind", "Lifecycle");
        var metadata = root.Get("metadata");
        metadata?.AllowKeys("name", "owner");
        var states = ReadStates(root);
        var transitions = (root.Get("transitions")?.Items ?? []).Select(item => ReadTransition(item, states)).ToList();
        CheckMoves(root, transitions);
        var rollback = root.Get("rollback");
        rollback?.AllowKeys("roles", "gates");
        var aliases = root.Get("aliases");
        aliases?.AllowKeys("roles");
        var lifecycle = new Lifecycle
        {
            Name = metadata?.GetText("name", "lifecycle") ?? "lifecycle",
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(root.Canonical))),
            Source = yaml,
            States = states,
            Transitions = transitions,
            RollbackRoles = ReadNames(rollback, "roles"),
            RollbackGates = ReadGates(rollback),
            AliasRoles = ReadNames(aliases, "roles"),
        };
        return errors.All.Count == 0 ? lifecycle : null;
    }

    private static List<string> ReadStates(TopologyNode root)
    {
        var states = ReadNames(root, "states");
        var place = root.Get("states") ?? root;
        foreach (string name in Needed.Except(states)) place.Report($"'states' lacks '{name}', which Mesh itself moves versions into; add it.");
        foreach (string name in states.GroupBy(name => name).Where(group => group.Count() > 1).Select(group => group.Key)) place.Report($"'states' has '{name}' twice; leave one out.");
        return states;
    }

    private static LifecycleTransition ReadTransition(TopologyNode node, List<string> states)
    {
        node.AllowKeys("from", "to", "roles", "gates", "approvals");
        var from = ReadNames(node, "from");
        if (from.Count == 0) node.Report($"{node.Path} needs 'from' with at least one state, for example from: [candidate].");
        string to = node.RequireText("to");
        foreach (string state in from) CheckState(node.Get("from")!, state, states);
        if (to.Length > 0) CheckState(node.Get("to")!, to, states);
        if (from.Contains(to)) node.Report($"{node.Path} goes from '{to}' to itself.");
        if (from.Contains(Lifecycle.Retired) && to == Lifecycle.Released) node.Report($"{node.Path} leads from 'retired' to 'released'; that way back is `rollback`.");
        return new LifecycleTransition { From = from, To = to, Roles = ReadNames(node, "roles"), Gates = ReadGates(node), Approvals = ReadApprovals(node.Get("approvals")) };
    }

    private static void CheckMoves(TopologyNode root, List<LifecycleTransition> transitions)
    {
        if (transitions.Count == 0) root.Report("The lifecycle needs 'transitions'; governance/lifecycle.yaml is an example.");
        var place = root.Get("transitions") ?? root;
        foreach (var group in transitions.SelectMany(transition => transition.From.Select(from => (from, transition.To))).GroupBy(move => move).Where(group => group.Count() > 1))
        {
            place.Report($"There are two transitions from '{group.Key.from}' to '{group.Key.To}'; leave one out.");
        }

        foreach (var group in transitions.Where(transition => transition.Approvals is not null).SelectMany(transition => transition.From).GroupBy(from => from).Where(group => group.Count() > 1))
        {
            place.Report($"Two transitions from '{group.Key}' ask for approvals, so that it would be open which one an approval is for; let one state come between.");
        }

        if (transitions.Count > 0 && transitions.All(transition => transition.To != Lifecycle.Released)) place.Report("No transition leads to 'released', so that no version could ever be released; add one.");
    }

    private static ApprovalRule? ReadApprovals(TopologyNode? node)
    {
        if (node is null) return null;
        node.AllowKeys("people", "roles", "notAuthor", "notSubmitter");
        var roles = ReadNames(node, "roles");
        long people = node.GetInteger("people", Math.Max(1, roles.Count));
        if (people is < 1 or > 10) node.Report("'people' must be from 1 to 10.");
        if (people < roles.Count) node.Report($"'roles' names {roles.Count} roles, each for another person, but 'people' is {people}; raise it to {roles.Count}.");
        return new ApprovalRule((int)people, roles, node.GetBoolean("notAuthor", true), node.GetBoolean("notSubmitter", false));
    }

    private static List<GateRule> ReadGates(TopologyNode? node) => [.. (node?.Get("gates")?.Items ?? []).Select(ReadGate)];

    private static GateRule ReadGate(TopologyNode node)
    {
        node.RequireText("gate");
        var kind = node.GetChoice("gate", GateKind.Metric);
        string[] keys = kind switch
        {
            GateKind.Metric => ["gate", "metric", "min", "max", "holdout"],
            GateKind.Regression => ["gate", "metric", "maxRegression", "better", "holdout"],
            GateKind.Slices => ["gate", "by", "metric", "min", "max", "require", "minSamples"],
            GateKind.Robustness => ["gate", "metric", "min", "max"],
            GateKind.DataQuality => ["gate", "maxLosses", "maxDeadLetterShare"],
            GateKind.Holdout => ["gate", "holdout"],
            _ => ["gate"],
        };
        node.AllowKeys(keys);
        bool hasMetric = kind is GateKind.Metric or GateKind.Regression or GateKind.Slices or GateKind.Robustness;
        var rule = new GateRule
        {
            Kind = kind,
            Metric = hasMetric ? node.RequireText("metric") : "",
            Min = Number(node, "min"),
            Max = Number(node, "max"),
            MaxRegression = node.GetNumber("maxRegression", 0),
            LowerIsBetter = ReadBetter(node),
            By = kind == GateKind.Slices ? node.RequireText("by") : "",
            Require = ReadNames(node, "require", anyText: true),
            MinSamples = node.GetInteger("minSamples", 1),
            Holdout = node.GetText("holdout", ""),
            MaxLosses = node.Get("maxLosses") is null ? null : node.GetInteger("maxLosses", 0),
            MaxDeadLetterShare = Number(node, "maxDeadLetterShare"),
        };
        bool hasBounds = kind is GateKind.Metric or GateKind.Slices or GateKind.Robustness;
        if (hasBounds && rule.Min is null && rule.Max is null) node.Report($"{node.Path} needs 'min' or 'max', for example min: 0.8.");
        if (rule.Min > rule.Max) node.Report($"{node.Path} has 'min' above 'max', so that nothing could pass.");
        if (kind == GateKind.Regression && rule.MaxRegression < 0) node.Report("'maxRegression' must not be negative: it is how much worse the value may be.");
        if (kind == GateKind.DataQuality && rule.MaxLosses is null && rule.MaxDeadLetterShare is null) node.Report($"{node.Path} needs 'maxLosses' or 'maxDeadLetterShare', for example maxLosses: 0.");
        return rule;
    }

    private static bool ReadBetter(TopologyNode node)
    {
        string better = node.GetText("better", "higher");
        if (better is not ("higher" or "lower")) node.Get("better")!.Report($"better: '{better}' is neither higher nor lower.");
        return better == "lower";
    }

    private static double? Number(TopologyNode node, string key) => node.Get(key) is null ? null : node.GetNumber(key, 0);

    private static List<string> ReadNames(TopologyNode? node, string key, bool anyText = false)
    {
        var names = new List<string>();
        foreach (var item in node?.Get(key)?.Items ?? [])
        {
            string text = item.AsText();
            if (!anyText && !Name().IsMatch(text)) item.Report($"{item.Path}: '{text}' is no name: lower-case letters, digits and '-', beginning with a letter.");
            names.Add(text);
        }

        return names;
    }

    private static void CheckState(TopologyNode node, string state, List<string> states)
    {
        if (!states.Contains(state)) node.Report($"{node.Path}: '{state}' is none of the states {string.Join(", ", states)}.");
    }

    private static void RequireWord(TopologyNode file, string key, string word)
    {
        string text = file.RequireText(key);
        if (text.Length > 0 && text != word) file.Get(key)!.Report($"{key}: '{text}' is not known here; write {word}.");
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{0,49}$")]
    private static partial Regex Name();
}
