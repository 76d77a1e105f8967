using System.Globalization;
using System.Text.RegularExpressions;
using Mesh.Streaming.Topologies;
using Mesh.Training.Search;

namespace Mesh.Training.Studies;

/// <summary>Reads a study's YAML; what is wrong is reported with its line and a remedy.</summary>
internal static partial class StudyReader
{
    private const int MaxParallel = 100;

    public static StudyDefinition? Read(string yaml, TopologyErrors errors)
    {
        if (string.IsNullOrWhiteSpace(yaml))
        {
            errors.Add(1, 1, "The file is empty. Begin with 'apiVersion: mesh/v1' and 'kind: Study'; docs/studies/README.md has an example.");
            return null;
        }

        if (TopologyNode.Load(yaml, errors) is not { } root) return null;
        root.AllowKeys("apiVersion", "kind", "metadata", "from", "job", "space", "objective", "sampler", "scheduler", "budget", "parallel", "seed", "register");
        RequireWord(root, "apiVersion", "mesh/v1");
        RequireWord(root, "kind", "Study");
        var metadata = Require(root, "metadata", "metadata: { name: my-study, owner: my-team }");
        metadata?.AllowKeys("name", "owner");
        string name = metadata?.RequireText("name") ?? "";
        if (name.Length > 0 && !NamePattern().IsMatch(name)) metadata!.Get("name")!.Report($"'{name}' is no name: lower-case letters, digits and '-', beginning with a letter, at most 50.");

        var from = Require(root, "from", "from: { rule: RULE } or from: { products: [PRODUCT] }");
        from?.AllowKeys("rule", "products");
        string? rule = Text(from, "rule");
        string[] products = [.. (from?.Get("products")?.Items ?? []).Select(item => item.AsText())];
        if (from is not null && rule is null && products.Length == 0) from.Report("'from' needs 'rule', a trigger rule, or 'products', a list.");
        var job = root.Get("job");
        job?.AllowKeys("trainer", "model", "pool", "hyperparameters");
        if (from is not null && rule is null && (Text(job, "trainer") is null || Text(job, "model") is null)) (job ?? root).Report("Without a rule to take them from, 'job' needs 'trainer' and 'model': job: { trainer: builtin/manoeuvre, model: manoeuvre }");

        var space = ReadSpace(root, errors);
        var fixedValues = ReadFixed(job, space);
        var objective = Require(root, "objective", "objective: { metric: accuracy, direction: maximise }");
        objective?.AllowKeys("metric", "direction", "step");
        string metric = objective?.RequireText("metric") ?? "";
        var direction = objective?.GetChoice("direction", SearchDirection.Maximise) ?? SearchDirection.Maximise;
        string step = objective?.GetText("step", "epoch") ?? "epoch";
        if (step is not ("epoch" or "step")) objective!.Get("step")!.Report($"step: '{step}' is neither epoch nor step, by which a trainer counts.");
        var sampler = ReadSampler(root.Get("sampler"));
        var scheduler = ReadScheduler(root.Get("scheduler"));
        if (scheduler.IsPlanned && space?.Parameters.Any(parameter => parameter.Name == scheduler.Resource) == true) root.Get("scheduler")!.Report($"The scheduler gives out '{scheduler.Resource}', so it cannot be searched; leave it out of 'space'.");
        var budget = ReadBudget(root, sampler.Kind == SamplerKind.Grid || scheduler.IsPlanned);
        long parallel = Positive(root, "parallel", 1, MaxParallel);
        long seed = root.GetInteger("seed", 0);
        string register = root.GetText("register", "best");
        if (register is not ("best" or "none")) root.Get("register")!.Report($"register: '{register}' is neither best nor none.");
        string owner = metadata?.GetText("owner", "") ?? "";
        var (trainer, model, pool) = (Text(job, "trainer"), Text(job, "model"), Text(job, "pool"));
        if (errors.All.Count > 0) return null;
        return new StudyDefinition
        {
            Name = name,
            Owner = owner,
            Rule = rule,
            Products = products,
            Trainer = trainer,
            Model = model,
            Pool = pool,
            Hyperparameters = fixedValues,
            Space = space!,
            Search = new SearchOptions
            {
                Direction = direction, Sampler = sampler, Scheduler = scheduler, Seed = unchecked((ulong)seed),
                Trials = budget.Trials ?? SearchOptions.MaxTrials,
            },
            Metric = metric,
            CountsSteps = step == "step",
            Budget = budget,
            Parallel = (int)parallel,
            RegistersBest = register == "best",
        };
    }

    private static SearchSpace? ReadSpace(TopologyNode root, TopologyErrors errors)
    {
        if (Require(root, "space", "space: { learningRate: { logUniform: [0.0001, 0.1] } }") is not { } node) return null;
        var parameters = new List<SearchParameter>();
        if (node.Keys.Count is 0 or > SearchSpace.MaxParameters) node.Report($"'space' has {node.Keys.Count} parameters; 1 to {SearchSpace.MaxParameters} make sense.");
        foreach (string name in node.Keys)
        {
            if (node.Get(name) is not { } place) node.Report($"'{name}' has no values; for example {name}: {{ uniform: [0, 1] }}");
            else if (ReadParameter(name, place) is { } parameter)
            {
                if (SearchSpace.WhatIsWrongWith(parameter, parameters) is { } wrong) place.Report(wrong);
                parameters.Add(parameter);
            }
        }

        return errors.All.Count == 0 ? new SearchSpace(parameters) : null;
    }

    private static SearchParameter? ReadParameter(string name, TopologyNode node)
    {
        node.AllowKeys("uniform", "logUniform", "integer", "logInteger", "choices", "step", "when");
        string[] kinds = [.. node.Keys.Where(key => key is "uniform" or "logUniform" or "integer" or "logInteger" or "choices")];
        if (kinds is not [var kind])
        {
            node.Report($"'{name}' needs one of uniform, logUniform, integer, logInteger, choices; it has {(kinds.Length == 0 ? "none" : string.Join(" and ", kinds))}.");
            return null;
        }

        var condition = ReadCondition(node.Get("when"));
        if (kind == "choices")
        {
            if (node.Get("step") is { } superfluous) superfluous.Report("Choices have no step.");
            return new SearchParameter { Name = name, Kind = ParameterKind.Categorical, Choices = [.. (node.Get(kind)?.Items ?? []).Select(item => item.AsText())], Condition = condition };
        }

        double[] bounds = ReadBounds(name, kind, node);
        if (bounds.Length != 2) return null;
        bool isWhole = kind is "integer" or "logInteger";
        return new SearchParameter
        {
            Name = name, Kind = Enum.Parse<ParameterKind>(kind, ignoreCase: true), Low = bounds[0], High = bounds[1], Step = node.GetNumber("step", isWhole ? 1 : 0), Condition = condition,
        };
    }

    private static double[] ReadBounds(string name, string kind, TopologyNode node)
    {
        var items = node.Get(kind)?.Items ?? [];
        var bounds = new List<double>();
        foreach (var item in items)
        {
            string text = item.AsText();
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double bound) && double.IsFinite(bound)) bounds.Add(bound);
            else item.Report($"{item.Path}: '{text}' is no number.");
        }

        if (items.Count != 2) node.Report($"'{name}' needs the smallest and the largest value: {name}: {{ {kind}: [1, 10] }}");
        return bounds.Count == items.Count ? [.. bounds] : [];
    }

    private static ParameterCondition? ReadCondition(TopologyNode? node)
    {
        if (node is null) return null;
        if (node.Keys is not [var parent])
        {
            node.Report("'when' names one other parameter and its values: when: { optimiser: [sgd] }");
            return null;
        }

        return new ParameterCondition(parent, [.. (node.Get(parent)?.Items ?? []).Select(item => item.AsText())]);
    }

    private static SortedDictionary<string, string> ReadFixed(TopologyNode? job, SearchSpace? space)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (job?.Get("hyperparameters") is not { } node) return values;
        foreach (string key in node.Keys)
        {
            values[key] = node.Get(key)?.AsText() ?? "";
            if (space?.Parameters.Any(parameter => parameter.Name == key) == true) node.Get(key)!.Report($"'{key}' is searched; leave it out here or in 'space'.");
        }

        return values;
    }

    private static SamplerOptions ReadSampler(TopologyNode? node)
    {
        var defaults = new SamplerOptions();
        if (node is null) return defaults;
        var kind = node.GetChoice("kind", SamplerKind.Tpe);
        node.AllowKeys(kind switch
        {
            SamplerKind.Tpe => ["kind", "startup", "gamma", "candidates", "multivariate"],
            SamplerKind.Grid => ["kind", "points"],
            _ => ["kind"],
        });
        double gamma = node.GetNumber("gamma", defaults.Gamma);
        if (gamma is <= 0 or >= 1) node.Get("gamma")!.Report("'gamma' is the share of good trials, between 0 and 1.");
        return defaults with
        {
            Kind = kind, Gamma = gamma, Multivariate = node.GetBoolean("multivariate", defaults.Multivariate), Startup = (int)Positive(node, "startup", defaults.Startup, SearchOptions.MaxTrials),
            Candidates = (int)Positive(node, "candidates", defaults.Candidates, 10_000), GridPoints = (int)Positive(node, "points", defaults.GridPoints, 1000),
        };
    }

    private static SchedulerOptions ReadScheduler(TopologyNode? node)
    {
        var defaults = new SchedulerOptions();
        if (node is null) return defaults;
        var kind = node.GetChoice("kind", SchedulerKind.None);
        node.AllowKeys(kind switch
        {
            SchedulerKind.Median => ["kind", "grace", "startup"],
            SchedulerKind.Asha => ["kind", "grace", "reduction", "most"],
            SchedulerKind.SuccessiveHalving => ["kind", "grace", "reduction", "most", "resource", "configurations"],
            SchedulerKind.Hyperband => ["kind", "grace", "reduction", "most", "resource"],
            _ => ["kind"],
        });
        var options = defaults with
        {
            Kind = kind, Grace = Positive(node, "grace", defaults.Grace, 1_000_000_000), Startup = (int)Positive(node, "startup", defaults.Startup, SearchOptions.MaxTrials),
            Reduction = (int)Positive(node, "reduction", defaults.Reduction, 100), Most = node.Get("most") is null ? 0 : Positive(node, "most", 1, 1_000_000_000),
            Resource = node.GetText("resource", defaults.Resource), Configurations = (int)Positive(node, "configurations", defaults.Configurations, SearchOptions.MaxTrials),
        };
        if (options.Reduction < 2) node.Get("reduction")!.Report("'reduction' must be at least 2: one in so many goes on.");
        if (options.IsPlanned && node.Get("most") is null) node.Report($"{node.Path} needs 'most', what the longest trial gets of '{options.Resource}'.");
        if (options.Most > 0 && options.Grace >= options.Most) node.Report("'grace' must be below 'most'.");
        return options;
    }

    private static StudyBudget ReadBudget(TopologyNode root, bool isFinite)
    {
        var node = root.Get("budget");
        node?.AllowKeys("trials", "duration", "jobTime", "cost", "pricePerHour");
        var budget = new StudyBudget
        {
            Trials = node?.Get("trials") is null ? null : (int)Positive(node, "trials", 1, SearchOptions.MaxTrials),
            Duration = Duration(node, "duration"),
            JobTime = Duration(node, "jobTime"),
            Cost = node?.Get("cost") is null ? null : node.GetNumber("cost", 0),
            PricePerHour = node?.GetNumber("pricePerHour", 0) ?? 0,
        };
        if (budget.Cost <= 0) node!.Get("cost")!.Report("'cost' must be positive.");
        if (budget.Cost is not null && budget.PricePerHour <= 0) node!.Report("'cost' needs 'pricePerHour', what an hour of a trial costs.");
        if (!isFinite && budget is { Trials: null, Duration: null, JobTime: null, Cost: null }) (node ?? root).Report("The study would never end: it needs a budget, for example budget: { trials: 20 }");
        return budget;
    }

    private static TimeSpan? Duration(TopologyNode? node, string key)
    {
        if (node?.Get(key) is not { } child) return null;
        long ns = node.GetDurationNs(key, 1);
        if (ns <= 0) child.Report($"'{key}' must be positive.");
        return TimeSpan.FromTicks(ns / 100);
    }

    private static long Positive(TopologyNode node, string key, long fallback, long most)
    {
        long value = node.GetInteger(key, fallback);
        if (value >= 1 && value <= most) return value;
        node.Get(key)!.Report($"'{key}' is {value}; from 1 to {most} make sense.");
        return fallback;
    }

    private static TopologyNode? Require(TopologyNode root, string key, string example)
    {
        var node = root.Get(key);
        if (node is null) root.Report($"The study needs '{key}': {example}");
        return node;
    }

    private static void RequireWord(TopologyNode file, string key, string word)
    {
        string text = file.RequireText(key);
        if (text.Length > 0 && text != word) file.Get(key)!.Report($"{key}: '{text}' is not known here; write {word}.");
    }

    private static string? Text(TopologyNode? node, string key) => node?.Get(key)?.AsText() is { Length: > 0 } text ? text : null;

    [GeneratedRegex("^[a-z][a-z0-9-]{0,49}$")]
    private static partial Regex NamePattern();
}
