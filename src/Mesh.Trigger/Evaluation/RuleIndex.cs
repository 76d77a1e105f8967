using Mesh.Lakehouse;

namespace Mesh.Trigger.Evaluation;

/// <summary>The rules by table, so that a snapshot is held against those alone that watch its table.</summary>
internal sealed class RuleIndex
{
    private static readonly IReadOnlyList<RuleUnit> None = [];
    private readonly Dictionary<string, List<RuleUnit>> byTable = new(StringComparer.Ordinal);

    /// <summary>Finds the tables of all products.</summary>
    public RuleIndex(IReadOnlyList<TriggerRule> rules, Func<string, TableIdentifier?> tableOf)
    {
        Rules = rules;
        var units = new Dictionary<(string, string), RuleUnit>();
        var tables = new Dictionary<string, TableIdentifier?>(StringComparer.Ordinal);
        foreach (var rule in rules)
        {
            var parts = new List<RuleUnit.Part>();
            foreach (var input in rule.Inputs)
            {
                if (!tables.TryGetValue(input.Product, out var table)) tables[input.Product] = table = tableOf(input.Product);
                if (table is null) Unknown.Add((rule, input.Product));
                else parts.Add(new RuleUnit.Part(input, table));
            }

            if (!rule.IsJoin)
            {
                foreach (var part in parts) Add(new RuleUnit(rule, part.Input.Product, [part]));
            }
            else if (parts.Count == rule.Inputs.Count)
            {
                Add(new RuleUnit(rule, string.Join(" + ", rule.Products), parts));
            }
        }

        Units = units;

        void Add(RuleUnit unit)
        {
            if (!units.TryAdd(unit.Id, unit)) return;
            foreach (string table in unit.Parts.Select(part => part.Table.ToString()).Distinct())
            {
                if (!byTable.TryGetValue(table, out var list)) byTable[table] = list = [];
                list.Add(unit);
            }
        }
    }

    /// <summary>The rules it was made of.</summary>
    public IReadOnlyList<TriggerRule> Rules { get; }

    /// <summary>All units whose tables are known.</summary>
    public IReadOnlyDictionary<(string Rule, string Label), RuleUnit> Units { get; }

    /// <summary>Products that no table holds.</summary>
    public List<(TriggerRule Rule, string Product)> Unknown { get; } = [];

    /// <summary>Units that watch a table.</summary>
    public IReadOnlyList<RuleUnit> Of(string table) => byTable.TryGetValue(table, out var list) ? list : None;
}
