using System.Text.Json.Nodes;

namespace Mesh.Console.Tests.Api;

/// <summary>
/// Compares two descriptions: whoever was written for the first must get along with the second. Operations, parameters, properties and values may be
/// added; requests must not demand more, answers must not promise less.
/// </summary>
internal static class ApiPromise
{
    /// <summary>What of the first the second breaks.</summary>
    public static IReadOnlyList<string> Broken(JsonObject before, JsonObject after)
    {
        var broken = new List<string>();
        foreach (var (path, operations) in before["paths"]!.AsObject())
        {
            foreach (var (method, promised) in operations!.AsObject())
            {
                string name = $"{method.ToUpperInvariant()} {path}";
                if (after["paths"]![path]?[method] is not { } kept)
                {
                    broken.Add($"{name} is gone");
                    continue;
                }

                new Comparison(before, after, name, broken).Compare(promised!, kept);
            }
        }

        return broken;
    }

    private sealed class Comparison(JsonObject before, JsonObject after, string name, List<string> broken)
    {
        private readonly HashSet<string> seen = [];

        public void Compare(JsonNode promised, JsonNode kept)
        {
            var parameters = (kept["parameters"] as JsonArray ?? []).ToDictionary(parameter => (string)parameter!["name"]!, parameter => parameter!);
            foreach (var parameter in promised["parameters"] as JsonArray ?? [])
            {
                string key = (string)parameter!["name"]!;
                if (parameters.Remove(key, out var still)) Schema(parameter["schema"], still["schema"], isRequest: true, $"parameter {key}");
                else broken.Add($"{name}: parameter {key} is gone");
            }

            foreach (var (key, added) in parameters)
            {
                if (added["required"]?.GetValue<bool>() == true) broken.Add($"{name}: parameter {key} is newly demanded");
            }

            Content(promised["requestBody"], kept["requestBody"], isRequest: true);
            Content(promised["responses"]!["200"], kept["responses"]!["200"], isRequest: false);
        }

        private void Content(JsonNode? promised, JsonNode? kept, bool isRequest)
        {
            if (promised is null) return;
            foreach (var (type, media) in promised["content"]!.AsObject())
            {
                if (kept?["content"]?[type] is not { } still) broken.Add($"{name}: no {type} any more");
                else Schema(media!["schema"], still["schema"], isRequest, isRequest ? "body" : "answer");
            }
        }

        private void Schema(JsonNode? promised, JsonNode? kept, bool isRequest, string place)
        {
            if (promised is null || promised is JsonObject { Count: 0 }) return;
            if (kept is null)
            {
                broken.Add($"{name}: {place} is gone");
                return;
            }

            if (promised["$ref"] is { } reference && !seen.Add($"{reference}{isRequest}")) return;
            promised = Resolve(before, promised);
            kept = Resolve(after, kept);
            if (kept is JsonObject { Count: 0 }) return;
            var (promisedTypes, keptTypes) = (Types(promised), Types(kept));
            if (isRequest ? !promisedTypes.IsSubsetOf(keptTypes) : !keptTypes.IsSubsetOf(promisedTypes)) broken.Add($"{name}: {place} was {string.Join('|', promisedTypes)} and is {string.Join('|', keptTypes)}");
            foreach (string combination in new[] { "oneOf", "anyOf" })
            {
                var (ones, others) = (promised[combination] as JsonArray ?? [], kept[combination] as JsonArray ?? []);
                for (int i = 0; i < ones.Count; i++) Schema(ones[i], i < others.Count ? others[i] : null, isRequest, $"{place}/{combination}/{i}");
            }

            Values(promised, kept, isRequest, place);
            foreach (var (key, property) in promised["properties"] as JsonObject ?? []) Schema(property, kept["properties"]?[key], isRequest, $"{place}.{key}");
            var (demandedBefore, demandedAfter) = (Names(promised["required"]), Names(kept["required"]));
            foreach (string key in isRequest ? demandedAfter.Except(demandedBefore) : demandedBefore.Except(demandedAfter))
            {
                broken.Add($"{name}: {place}.{key} is {(isRequest ? "newly demanded" : "not promised any more")}");
            }

            foreach (string part in new[] { "items", "additionalProperties" }) Schema(promised[part], kept[part], isRequest, $"{place}/{part}");
        }

        private void Values(JsonNode promised, JsonNode kept, bool isRequest, string place)
        {
            if (promised["enum"] is null && kept["enum"] is null) return;

            // New states and kinds come up in answers: clients are told to expect values that they do not know.
            if (!isRequest) return;
            foreach (string value in Names(promised["enum"]).Except(Names(kept["enum"]))) broken.Add($"{name}: {place} does not take {value} any more");
        }

        private static HashSet<string> Types(JsonNode schema) => schema["type"] switch
        {
            JsonArray several => [.. several.Select(type => (string)type!)],
            JsonValue one => [(string)one!],
            _ => [],
        };

        private static HashSet<string> Names(JsonNode? list) => [.. (list as JsonArray ?? []).Select(value => (string)value!)];

        private static JsonNode Resolve(JsonObject document, JsonNode schema) =>
            schema["$ref"] is { } reference ? document["components"]!["schemas"]![((string)reference!)["#/components/schemas/".Length..]]! : schema;
    }
}
