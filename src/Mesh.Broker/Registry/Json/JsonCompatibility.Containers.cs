using System.Globalization;
using System.Text.Json;

namespace Mesh.Broker.Registry.Json;

/// <content>Objects and arrays, whose content models may be open, closed or open to what another schema allows.</content>
internal sealed partial class JsonCompatibility
{
    private enum Content
    {
        Open,
        Partial,
        Closed,
    }

    private void CompareObjects(JsonSchemaNode original, JsonSchemaNode update)
    {
        var (before, after) = (original.Element, update.Element);
        var was = Members(before, "properties");
        var now = Members(after, "properties");
        var (wasRequired, isRequired) = (Strings(before, "required"), Strings(after, "required"));
        foreach (var (name, property) in now)
        {
            if (was.ContainsKey(name) && isRequired.Contains(name) && !wasRequired.Contains(name) && !HasDefault(property)) At($"required/{name}", () => Add("REQUIRED_ATTRIBUTE_ADDED"));
        }

        foreach (var (name, property) in was)
        {
            At($"properties/{name}", () =>
            {
                if (now.TryGetValue(name, out var updated)) CompareNodes(original.Reader.Read(property), update.Reader.Read(updated));
                else CompareRemoved(original.Reader.Read(property), update, name, "PROPERTY");
            });
        }

        foreach (var (name, property) in now)
        {
            if (!was.ContainsKey(name)) At($"properties/{name}", () => CompareAddedProperty(original, update.Reader.Read(property), name, isRequired.Contains(name), HasDefault(property)));
        }

        CompareDependencies(original, update);
        CompareAdditional(original, update, "additionalProperties", "ADDITIONAL_PROPERTIES");
        CompareUnevaluated(original, update, "unevaluatedProperties", "UNEVALUATED_PROPERTIES");
        Limits(before, after, "maxProperties", "MAX_PROPERTIES", isMaximum: true);
        Limits(before, after, "minProperties", "MIN_PROPERTIES", isMaximum: false);
    }

    private void CompareRemoved(JsonSchemaNode removed, JsonSchemaNode update, string? name, string what)
    {
        var (content, schema) = name is null ? ItemContent(update) : PropertyContent(update, name);
        if (content == Content.Open) return;
        if (content == Content.Closed)
        {
            if (removed.Kind != JsonSchemaKind.Nothing) Add(what + "_REMOVED_FROM_CLOSED_CONTENT_MODEL");
            return;
        }

        int before = found.Count;
        CompareNodes(removed, schema!);
        if (found.Count > before) Add(what + "_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL");
    }

    private void CompareAddedProperty(JsonSchemaNode original, JsonSchemaNode added, string name, bool isRequired, bool hasDefault)
    {
        var (content, schema) = PropertyContent(original, name);
        if (content == Content.Open)
        {
            if (added.Kind == JsonSchemaKind.Anything) return;
            Add(!isRequired ? "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL"
                : hasDefault ? "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL" : "REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL");
            return;
        }

        if (content == Content.Partial)
        {
            int before = found.Count;
            CompareNodes(schema!, added);
            if (found.Count > before) Add("PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL");
        }

        if (isRequired && !hasDefault) Add("REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL");
    }

    private static (Content, JsonSchemaNode?) PropertyContent(JsonSchemaNode node, string name)
    {
        var additional = Find(node.Element, "additionalProperties");
        var patterns = Members(node.Element, "patternProperties");
        foreach (var (pattern, schema) in patterns)
        {
            if (Matches(pattern, name)) return (Content.Partial, node.Reader.Read(schema));
        }

        if (additional is { ValueKind: JsonValueKind.Object } limited) return (Content.Partial, node.Reader.Read(limited));
        if (additional is { ValueKind: JsonValueKind.False } || patterns.Count > 0) return (Content.Closed, null);
        if (additional is { ValueKind: JsonValueKind.True }) return (Content.Open, null);
        return Unevaluated(node, "unevaluatedProperties");
    }

    private static (Content, JsonSchemaNode?) Unevaluated(JsonSchemaNode node, string keyword)
    {
        if (Find(node.Element, keyword) is not { } unevaluated) return (Content.Open, null);
        var schema = node.Reader.Read(unevaluated);
        return schema.Kind switch { JsonSchemaKind.Nothing => (Content.Closed, null), JsonSchemaKind.Anything => (Content.Open, null), _ => (Content.Partial, schema) };
    }

    private void CompareAdditional(JsonSchemaNode original, JsonSchemaNode update, string keyword, string type)
    {
        At(keyword, () =>
        {
            var (was, now) = (Additional(original, keyword), Additional(update, keyword));
            bool permitted = was is not { ValueKind: JsonValueKind.False }, permits = now is not { ValueKind: JsonValueKind.False };
            bool wasLimited = was is { ValueKind: JsonValueKind.Object }, isLimited = now is { ValueKind: JsonValueKind.Object };
            if (permitted && !permits) Add(type + "_REMOVED");
            else if (!permitted) return;
            else if (!wasLimited && isLimited) Add(type + "_NARROWED");
            else if (wasLimited && isLimited) CompareNodes(original.Reader.Read(was!.Value), update.Reader.Read(now!.Value));
        });
    }

    private void CompareUnevaluated(JsonSchemaNode original, JsonSchemaNode update, string keyword, string type)
    {
        if (Find(update.Element, keyword) is not { } after) return;
        At(keyword, () =>
        {
            var now = update.Reader.Read(after);
            var was = Find(original.Element, keyword) is { } before ? original.Reader.Read(before) : null;
            var kind = was?.Kind ?? JsonSchemaKind.Anything;
            if (kind == JsonSchemaKind.Nothing) return;
            if (now.Kind == JsonSchemaKind.Nothing) Add(type + "_REMOVED");
            else if (kind == JsonSchemaKind.Anything && (now.Kind != JsonSchemaKind.Anything || was is null)) Add(type + "_NARROWED");
            else if (was is not null && now.Kind != JsonSchemaKind.Anything) CompareNodes(was, now);
        });
    }

    private void CompareDependencies(JsonSchemaNode original, JsonSchemaNode update)
    {
        foreach (string keyword in (string[])["dependencies", "dependentRequired", "dependentSchemas"])
        {
            var was = Members(original.Element, keyword);
            foreach (var (name, now) in Members(update.Element, keyword))
            {
                At($"{keyword}/{name}", () =>
                {
                    bool isArray = now.ValueKind == JsonValueKind.Array;
                    if (!was.TryGetValue(name, out var before) || (before.ValueKind == JsonValueKind.Array) != isArray) Add(isArray ? "DEPENDENCY_ARRAY_ADDED" : "DEPENDENCY_SCHEMA_ADDED");
                    else if (!isArray) CompareNodes(original.Reader.Read(before), update.Reader.Read(now));
                    else
                    {
                        var (old, next) = (Strings(before), Strings(now));
                        if (!next.IsSubsetOf(old)) Add(next.IsSupersetOf(old) ? "DEPENDENCY_ARRAY_EXTENDED" : "DEPENDENCY_ARRAY_CHANGED");
                    }
                });
            }
        }
    }

    private void CompareArrays(JsonSchemaNode original, JsonSchemaNode update)
    {
        var (before, after) = (original.Element, update.Element);
        At("items", () =>
        {
            if (AllItems(after) is not { } now) return;
            if (AllItems(before) is { } was) CompareNodes(original.Reader.Read(was), update.Reader.Read(now));
            else if (Positions(before).Count == 0 && update.Reader.Read(now).Kind != JsonSchemaKind.Anything) Add("SCHEMA_ADDED");
        });
        List<JsonElement> old = Positions(before), next = Positions(after);
        for (int i = 0; i < Math.Max(old.Count, next.Count); i++)
        {
            int at = i;
            At(string.Create(CultureInfo.InvariantCulture, $"items/{i}"), () =>
            {
                if (at < old.Count && at < next.Count) CompareNodes(original.Reader.Read(old[at]), update.Reader.Read(next[at]));
                else if (at < old.Count) CompareRemoved(original.Reader.Read(old[at]), update, null, "ITEM");
                else CompareAddedItem(original, update.Reader.Read(next[at]));
            });
        }

        CompareAdditional(original, update, "additionalItems", "ADDITIONAL_ITEMS");
        CompareUnevaluated(original, update, "unevaluatedItems", "UNEVALUATED_ITEMS");
        Limits(before, after, "maxItems", "MAX_ITEMS", isMaximum: true);
        Limits(before, after, "minItems", "MIN_ITEMS", isMaximum: false);
        Limits(before, after, "maxContains", "MAX_CONTAINS", isMaximum: true);
        Limits(before, after, "minContains", "MIN_CONTAINS", isMaximum: false);
        if (IsTrue(after, "uniqueItems") && !IsTrue(before, "uniqueItems")) At("uniqueItems", () => Add("UNIQUE_ITEMS_ADDED"));
    }

    private void CompareAddedItem(JsonSchemaNode original, JsonSchemaNode added)
    {
        var (content, schema) = ItemContent(original);
        if (content == Content.Open)
        {
            if (added.Kind != JsonSchemaKind.Anything) Add("ITEM_ADDED_TO_OPEN_CONTENT_MODEL");
        }
        else if (content == Content.Partial)
        {
            int before = found.Count;
            CompareNodes(schema!, added);
            if (found.Count > before) Add("ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL");
        }
    }

    private static (Content, JsonSchemaNode?) ItemContent(JsonSchemaNode node)
    {
        var additional = Additional(node, "additionalItems");
        if (additional is { ValueKind: JsonValueKind.Object } limited) return (Content.Partial, node.Reader.Read(limited));
        if (additional is { ValueKind: JsonValueKind.False }) return (Content.Closed, null);
        if (AllItems(node.Element) is { } all) return (Content.Partial, node.Reader.Read(all));
        return additional is null ? Unevaluated(node, "unevaluatedItems") : (Content.Open, null);
    }

    /// <summary>What is allowed beyond the positions: from 2020-12 on that is <c>items</c> beside <c>prefixItems</c>.</summary>
    private static JsonElement? Additional(JsonSchemaNode node, string keyword) =>
        keyword == "additionalItems" && Find(node.Element, "prefixItems") is not null ? Find(node.Element, "items") : Find(node.Element, keyword);

    private static List<JsonElement> Positions(JsonElement element)
    {
        var list = Find(element, "prefixItems") ?? Find(element, "items");
        return list is { ValueKind: JsonValueKind.Array } ? [.. list.Value.EnumerateArray()] : [];
    }

    private static JsonElement? AllItems(JsonElement element) =>
        Find(element, "prefixItems") is null && Find(element, "items") is { ValueKind: not JsonValueKind.Array } items ? items : null;

    private static Dictionary<string, JsonElement> Members(JsonElement element, string keyword)
    {
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (Find(element, keyword) is not { ValueKind: JsonValueKind.Object } found) return members;
        foreach (var member in found.EnumerateObject()) members[member.Name] = member.Value;
        return members;
    }

    private static HashSet<string> Strings(JsonElement element, string keyword) => Find(element, keyword) is { } list ? Strings(list) : [];

    private static HashSet<string> Strings(JsonElement list) =>
        list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Where(each => each.ValueKind == JsonValueKind.String).Select(each => each.GetString()!)] : [];

    private static bool HasDefault(JsonElement schema) => schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("default", out _);
}
