using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Mesh.Broker.Registry.Json;

/// <summary>
/// Finds what keeps documents that were valid under one schema from being valid under another, by the rules of Confluent's registry: a
/// property may be added to a closed content model and removed from an open one; what narrows is reported.
/// </summary>
internal sealed partial class JsonCompatibility
{
    /// <summary>Pairs of schemas compared before giving up: combinations of combinations grow fast.</summary>
    private const int MaxComparisons = 100_000;

    private readonly Dictionary<(JsonSchemaNode, JsonSchemaNode), List<(string Type, string Path)>> memo = [];
    private readonly HashSet<(JsonSchemaNode, JsonSchemaNode)> comparing = [];
    private List<(string Type, string Path)> found = [];
    private string path = "#";
    private int comparisons;
    private int assumed;

    public static IReadOnlyList<Incompatibility> Compare(JsonSchemaNode original, JsonSchemaNode update)
    {
        var comparison = new JsonCompatibility();
        comparison.CompareNodes(original, update);
        return [.. comparison.found.Distinct().Select(each => new Incompatibility(each.Type, JsonChangeText.Describe(each.Type, each.Path)))];
    }

    private void CompareNodes(JsonSchemaNode original, JsonSchemaNode update)
    {
        var pair = (original, update);
        if (memo.TryGetValue(pair, out var known))
        {
            foreach (var (type, at) in known) found.Add((type, path + at));
            return;
        }

        // A schema within itself is compatible if the rest is.
        if (!comparing.Add(pair))
        {
            assumed++;
            return;
        }

        if (++comparisons > MaxComparisons) throw new SchemaFormatException("the schemas combine too many alternatives to be compared");
        int assumedBefore = assumed;
        string at0 = path;
        var outer = found;
        found = [];
        CompareKinds(original, update);
        var own = found;
        found = outer;
        found.AddRange(own);
        comparing.Remove(pair);
        if (assumed == assumedBefore || comparing.Count == 0) memo[pair] = [.. own.Select(each => (each.Type, each.Path[at0.Length..]))];
    }

    private bool IsCompatible(JsonSchemaNode original, JsonSchemaNode update)
    {
        var outer = found;
        found = [];
        CompareNodes(original, update);
        bool isCompatible = found.Count == 0;
        found = outer;
        return isCompatible;
    }

    private void CompareKinds(JsonSchemaNode original, JsonSchemaNode update)
    {
        bool wasCombined = original.Kind == JsonSchemaKind.Combined, isCombined = update.Kind == JsonSchemaKind.Combined;
        if (!wasCombined && isCombined)
        {
            if (update.Parts.Count == 1 || update.Criterion is "anyOf" or "oneOf")
            {
                foreach (var part in update.Parts)
                {
                    if (IsCompatible(original, part())) return;
                }
            }
        }
        else if (wasCombined && !isCombined)
        {
            if (original.Parts.Count == 1 || original.Criterion == "allOf")
            {
                foreach (var part in original.Parts)
                {
                    if (IsCompatible(part(), update)) return;
                }
            }
        }

        if (original.Kind != update.Kind)
        {
            if (original.Kind != JsonSchemaKind.Nothing && update.Kind != JsonSchemaKind.Anything) Add("TYPE_CHANGED");
            return;
        }

        var (before, after) = (original.Element, update.Element);
        switch (original.Kind)
        {
            case JsonSchemaKind.String:
                Limits(before, after, "maxLength", "MAX_LENGTH", isMaximum: true);
                Limits(before, after, "minLength", "MIN_LENGTH", isMaximum: false);
                ComparePattern(before, after);
                break;
            case JsonSchemaKind.Number:
                CompareNumbers(original, update);
                break;
            case JsonSchemaKind.Const:
                if (!JsonElement.DeepEquals(before.GetProperty("const"), after.GetProperty("const"))) At("const", () => Add("ENUM_ARRAY_CHANGED"));
                break;
            case JsonSchemaKind.Enum:
                CompareEnums(before, after);
                break;
            case JsonSchemaKind.Not:
                At("not", () =>
                {
                    if (!IsCompatible(update.Reader.Read(after.GetProperty("not")), original.Reader.Read(before.GetProperty("not")))) Add("NOT_TYPE_EXTENDED");
                });
                break;
            case JsonSchemaKind.Combined:
                CompareCombined(original, update);
                break;
            case JsonSchemaKind.Object:
                CompareObjects(original, update);
                break;
            case JsonSchemaKind.Array:
                CompareArrays(original, update);
                break;
        }
    }

    private void CompareCombined(JsonSchemaNode original, JsonSchemaNode update)
    {
        List<JsonSchemaNode> was = Different(original), now = Different(update);
        bool wasSingle = was.Count == 1, isSingle = now.Count == 1;
        if (original.Criterion != update.Criterion
            && update.Criterion != "anyOf"
            && !(wasSingle && isSingle)
            && !(wasSingle && update.Criterion == "oneOf")
            && !(isSingle && original.Criterion == "allOf"))
        {
            Add("COMBINED_TYPE_CHANGED");
            return;
        }

        if (was.Count < now.Count && update.Criterion == "allOf") Add("PRODUCT_TYPE_EXTENDED");
        if (was.Count > now.Count && original.Criterion is "anyOf" or "oneOf") Add("SUM_TYPE_NARROWED");

        // Every part of the smaller side needs a partner of its own: a maximum matching by augmenting paths.
        int[] partner = new int[now.Count];
        Array.Fill(partner, -1);
        bool[][] fits = new bool[was.Count][];
        for (int i = 0; i < fits.Length; i++)
        {
            int row = i;
            fits[i] = new bool[now.Count];
            At(string.Create(CultureInfo.InvariantCulture, $"{original.Criterion}/{i}"), () =>
            {
                for (int j = 0; j < now.Count; j++) fits[row][j] = IsCompatible(was[row], now[j]);
            });
        }

        int matched = 0;
        for (int i = 0; i < fits.Length; i++)
        {
            if (Augment(i, fits, partner, new bool[partner.Length])) matched++;
        }

        if (matched < Math.Min(was.Count, now.Count)) Add("COMBINED_TYPE_SUBSCHEMAS_CHANGED");
    }

    /// <summary>Parts that are written twice count once.</summary>
    private static List<JsonSchemaNode> Different(JsonSchemaNode combined)
    {
        List<JsonSchemaNode> parts = [];
        foreach (var part in combined.Parts)
        {
            var node = part();
            if (!parts.Exists(each => each.Kind == node.Kind && each.IsInteger == node.IsInteger && each.Criterion == node.Criterion && JsonElement.DeepEquals(each.Element, node.Element))) parts.Add(node);
        }

        return parts;
    }

    private static bool Augment(int row, bool[][] fits, int[] partner, bool[] tried)
    {
        for (int j = 0; j < partner.Length; j++)
        {
            if (!fits[row][j] || tried[j]) continue;
            tried[j] = true;
            if (partner[j] >= 0 && !Augment(partner[j], fits, partner, tried)) continue;
            partner[j] = row;
            return true;
        }

        return false;
    }

    private void CompareEnums(JsonElement before, JsonElement after)
    {
        List<JsonElement> was = [.. before.GetProperty("enum").EnumerateArray()], now = [.. after.GetProperty("enum").EnumerateArray()];
        bool extended = was.TrueForAll(value => now.Exists(each => JsonElement.DeepEquals(each, value)));
        if (extended) return;
        bool narrowed = now.TrueForAll(value => was.Exists(each => JsonElement.DeepEquals(each, value)));
        At("enum", () => Add(narrowed ? "ENUM_ARRAY_NARROWED" : "ENUM_ARRAY_CHANGED"));
    }

    private void CompareNumbers(JsonSchemaNode original, JsonSchemaNode update)
    {
        var (before, after) = (original.Element, update.Element);
        Limits(before, after, "maximum", "MAXIMUM", isMaximum: true);
        Limits(before, after, "minimum", "MINIMUM", isMaximum: false);
        Limits(before, after, "exclusiveMaximum", "EXCLUSIVE_MAXIMUM", isMaximum: true);
        Limits(before, after, "exclusiveMinimum", "EXCLUSIVE_MINIMUM", isMaximum: false);
        CompareExclusiveFlag(before, after, "maximum", "exclusiveMaximum", "EXCLUSIVE_MAXIMUM_ADDED");
        CompareExclusiveFlag(before, after, "minimum", "exclusiveMinimum", "EXCLUSIVE_MINIMUM_ADDED");
        if (Number(after, "multipleOf") is { } now)
        {
            double? was = Number(before, "multipleOf");
            string? type = was is null ? "MULTIPLE_OF_ADDED"
                : was == now || IsMultiple(was.Value, now) ? null
                : IsMultiple(now, was.Value) ? "MULTIPLE_OF_EXPANDED" : "MULTIPLE_OF_CHANGED";
            if (type is not null) At("multipleOf", () => Add(type));
        }

        if (!original.IsInteger && update.IsInteger) Add("TYPE_NARROWED");
    }

    private static bool IsMultiple(double number, double of) => of != 0 && Math.Abs((number / of) - Math.Round(number / of)) < 1e-9;

    /// <summary>Draft 4 writes exclusive limits as flags.</summary>
    private void CompareExclusiveFlag(JsonElement before, JsonElement after, string limit, string flag, string type)
    {
        if (Number(after, limit) is not null && IsTrue(after, flag) && !IsTrue(before, flag) && Number(before, limit) is not null) At(flag, () => Add(type));
    }

    private void ComparePattern(JsonElement before, JsonElement after)
    {
        if (Text(after, "pattern") is not { } now) return;
        string? was = Text(before, "pattern");
        if (was != now) At("pattern", () => Add(was is null ? "PATTERN_ADDED" : "PATTERN_CHANGED"));
    }

    private void Limits(JsonElement before, JsonElement after, string keyword, string type, bool isMaximum)
    {
        if (Number(after, keyword) is not { } now) return;
        double? was = Number(before, keyword);
        if (was is null) At(keyword, () => Add(type + "_ADDED"));
        else if (isMaximum && was > now) At(keyword, () => Add(type + "_DECREASED"));
        else if (!isMaximum && was < now) At(keyword, () => Add(type + "_INCREASED"));
    }

    private static double? Number(JsonElement element, string keyword) =>
        element.TryGetProperty(keyword, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    private static string? Text(JsonElement element, string keyword) =>
        element.TryGetProperty(keyword, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool IsTrue(JsonElement element, string keyword) => element.TryGetProperty(keyword, out var value) && value.ValueKind == JsonValueKind.True;

    private static JsonElement? Find(JsonElement element, string keyword) => element.TryGetProperty(keyword, out var value) ? value : null;

    private static bool Matches(string pattern, string name)
    {
        try
        {
            return Regex.IsMatch(name, pattern, RegexOptions.ECMAScript, TimeSpan.FromMilliseconds(100));
        }
        catch (Exception exception) when (exception is ArgumentException or RegexMatchTimeoutException)
        {
            return false;
        }
    }

    private void At(string part, Action compare)
    {
        string outer = path;
        path = $"{outer}/{part}";
        compare();
        path = outer;
    }

    private void Add(string type) => found.Add((type, path == "#" ? "#/" : path));
}
