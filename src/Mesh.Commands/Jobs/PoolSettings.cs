using System.Globalization;
using System.Text.RegularExpressions;
using Mesh.Commands.Configuration;
using Mesh.Model;
using Mesh.Training.Kubernetes;
using Mesh.Training.Pools;
using Mesh.Trigger;

namespace Mesh.Commands.Jobs;

/// <summary>Reads <c>pools</c> and <c>budgets</c>. A pool <c>cpu</c> of one process is there unless it is declared otherwise.</summary>
public static partial class PoolSettings
{
    private const string DefaultPool = "cpu";
    private const decimal Micros = 1_000_000;

    private static readonly string[] Keys =
    [
        "runner", "slots", "cores", "memory", "accelerators", "accelerator", "pricePerHour", "spot", "kubeconfig", "context", "namespace", "image", "claim", "claimPath",
        "resource", "queue", "nodeSelector", "tolerations", "runAs",
    ];

    /// <summary>Reads them.</summary>
    /// <exception cref="MeshException"><c>MESH11001</c>, <c>MESH11003</c> with the place and the remedy.</exception>
    public static PoolSet Read(Settings settings)
    {
        var all = settings.All.Where(value => value.Key.Name.StartsWith(SettingKeys.Pools.Name + ".", StringComparison.Ordinal)).ToList();
        var names = all.Select(value => value.Key.Name.Split('.')[1]).Distinct().ToList();
        var pools = names.Select(name => ReadPool(name, [.. all.Where(value => value.Key.Name.StartsWith($"{SettingKeys.Pools.Name}.{name}.", StringComparison.Ordinal))])).ToList();
        foreach (var stray in all.Where(value => value.Key.Name.Split('.').Length != 3)) throw Wrong(stray, "a mapping of a pool's keys, such as pools: { gpu: { slots: 4 } }");
        if (!names.Contains(DefaultPool)) pools.Insert(0, new PoolOptions { Name = DefaultPool });
        var budgets = new Dictionary<string, long>();
        foreach (var value in settings.All.Where(value => value.Key.Name.StartsWith(SettingKeys.Budgets.Name + ".", StringComparison.Ordinal)))
        {
            budgets[value.Key.Name[(SettingKeys.Budgets.Name.Length + 1)..]] = Money(value);
        }

        return new PoolSet(pools, budgets);
    }

    /// <summary>Why a rule's job could never run, with what would work; null when it could.</summary>
    public static string? WhyRefused(PoolSet pools, TriggerJob job, string team) => pools.WhyRefused(
        job.Pool, job.Kind,
        new JobNeeds
        {
            Accelerator = job.Resources.Accelerator,
            Accelerators = job.Resources.Accelerators,
            Cores = job.Resources.Cores,
            MemoryBytes = job.Resources.MemoryBytes,
            MaxSeconds = job.Resources.MaxSeconds,
            OnDemandOnly = job.Resources.OnDemandOnly,
        },
        job.Priority, team);

    private static PoolOptions ReadPool(string name, IReadOnlyList<SettingValue> values)
    {
        if (!PoolName().IsMatch(name)) throw Wrong(values[0], "below a pool's name of lower-case letters, digits and '-'");
        foreach (var value in values)
        {
            string key = KeyOf(value);
            if (!Keys.Contains(key, StringComparer.OrdinalIgnoreCase)) throw new MeshException("MESH11003", $"{value.Source}: a pool has no `{key}`; it has {string.Join(", ", Keys)}.");
        }

        var runner = Find("runner") is not { } way ? PoolRunner.Process
            : way.Text switch { "process" => PoolRunner.Process, "kubernetes" => PoolRunner.Kubernetes, _ => throw Wrong(way, "process or kubernetes") };
        var accelerator = Find("accelerator");
        if (accelerator is not null && !AcceleratorClass.IsKnown(accelerator.Text)) throw Wrong(accelerator, $"{AcceleratorClass.Cpu}, nvidia-... or {AcceleratorClass.CloudAi100}");
        return new PoolOptions
        {
            Name = name,
            Runner = runner,
            Slots = Whole("slots", 1, 1),
            Cores = Find("cores") is { } cores ? Number(cores) : 0,
            MemoryBytes = Find("memory") is not { } memory ? 0 : ByteSizeText.TryParse(memory.Text, out long bytes) ? bytes : throw Wrong(memory, "a size such as 64GiB"),
            Accelerators = Whole("accelerators", 0, 0),
            Accelerator = accelerator?.Text ?? AcceleratorClass.Cpu,
            PriceMicrosPerHour = Find("pricePerHour") is { } price ? Money(price) : 0,
            Spot = Find("spot") is { } spot && (bool.TryParse(spot.Text, out bool isSpot) ? isSpot : throw Wrong(spot, "true or false")),
            Kubernetes = runner == PoolRunner.Kubernetes ? ReadCluster() : null,
        };

        SettingValue? Find(string key) => values.FirstOrDefault(value => KeyOf(value).Equals(key, StringComparison.OrdinalIgnoreCase));

        string? Text(string key) => Find(key)?.Text is { Length: > 0 } text ? text : null;

        int Whole(string key, int fallback, int least) => Find(key) is not { } value ? fallback
            : int.TryParse(value.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least ? number : throw Wrong(value, $"a number from {least} on");

        string Required(string key) => Text(key) ?? throw new MeshException("MESH11001", $"{values[0].Source}: pool '{name}' runs on Kubernetes and needs `{key}`; docs/jobs/README.md says what it is.");

        KubernetesPoolOptions ReadCluster() => new()
        {
            Kubeconfig = Text("kubeconfig"),
            Context = Text("context"),
            Namespace = Text("namespace"),
            Image = Required("image"),
            Claim = Required("claim"),
            ClaimPath = Text("claimPath") ?? "jobs",
            Resource = Text("resource"),
            Queue = Text("queue"),
            NodeSelector = Find("nodeSelector") is { } selector ? Parts(selector).Select(part => Split(selector, part, '=')).ToDictionary(pair => pair.Name, pair => pair.Value) : new Dictionary<string, string>(),
            Tolerations = Find("tolerations") is { } tolerations ? [.. Parts(tolerations).Select(Toleration)] : [],
            RunAs = Find("runAs") is { } user ? ReadUser(user) : null,
        };
    }

    // KEY[=VALUE][:EFFECT], as kubectl taint writes taints.
    private static (string Key, string Value, string Effect) Toleration(string text)
    {
        string effect = text.LastIndexOf(':') is > 0 and var colon ? text[(colon + 1)..] : "";
        string taint = effect.Length > 0 ? text[..text.LastIndexOf(':')] : text;
        int equals = taint.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (taint, "", effect) : (taint[..equals], taint[(equals + 1)..], effect);
    }

    private static (uint User, uint Group) ReadUser(SettingValue value)
    {
        string[] parts = value.Text.Split(':');
        return parts.Length == 2 && uint.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out uint user) && uint.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out uint group)
            ? (user, group)
            : throw Wrong(value, "two numbers, USER:GROUP");
    }

    private static string[] Parts(SettingValue value) => value.Text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static (string Name, string Value) Split(SettingValue value, string part, char at) =>
        part.IndexOf(at, StringComparison.Ordinal) is > 0 and var place ? (part[..place], part[(place + 1)..]) : throw Wrong(value, "a list of LABEL=VALUE, separated by commas");

    private static string KeyOf(SettingValue value) => value.Key.Name[(value.Key.Name.LastIndexOf('.') + 1)..];

    private static double Number(SettingValue value) =>
        double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number > 0 && double.IsFinite(number) ? number : throw Wrong(value, "a positive number");

    private static long Money(SettingValue value) => decimal.TryParse(value.Text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal money) && money <= 1_000_000_000
        ? (long)Math.Round(money * Micros)
        : throw Wrong(value, "an amount such as 4.10");

    private static MeshException Wrong(SettingValue value, string expected) => new("MESH11001", $"`{value.Key.Name}` is '{value.Text}' ({value.Source}), but should be {expected}.");

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]{0,39})$")]
    private static partial Regex PoolName();
}
