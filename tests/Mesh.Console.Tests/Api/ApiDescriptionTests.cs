using System.Text.Json.Nodes;
using Mesh.Console.Api;
using Mesh.Testing;
using Microsoft.AspNetCore.Http.Metadata;

namespace Mesh.Console.Tests.Api;

public class ApiDescriptionTests
{
    [Fact]
    public async Task Every_endpoint_is_described_with_a_sentence_and_with_what_it_answers()
    {
        await using var host = ApiHost.Create();
        var description = ApiDescription.Describe(host.Endpoints);

        host.Endpoints.Count.ShouldBeGreaterThan(70);
        foreach (var endpoint in host.Endpoints)
        {
            string path = endpoint.RoutePattern.RawText!.TrimEnd('/');
            path.ShouldStartWith("/api/v1/");
            var operation = description["paths"]![path]?[endpoint.Metadata.GetRequiredMetadata<Microsoft.AspNetCore.Routing.IHttpMethodMetadata>().HttpMethods[0].ToLowerInvariant()];
            operation.ShouldNotBeNull(path);
            string summary = (string)operation["summary"]!;
            (summary.Length > 10 && summary.EndsWith('.')).ShouldBeTrue($"{path} needs .Answers<T>(\"A sentence.\") of Mesh.Console.Api.ApiEndpoints, not '{summary}'");
            endpoint.Metadata.GetMetadata<IProducesResponseTypeMetadata>().ShouldNotBeNull($"{path} needs .Answers<T>(…) or .AnswersWith(…)");
        }
    }

    [Fact]
    public async Task Query_parameters_and_bodies_are_described()
    {
        await using var host = ApiHost.Create();
        var description = ApiDescription.Describe(host.Endpoints);

        var recordings = description["paths"]!["/api/v1/recordings"]!["get"]!;
        recordings["parameters"]!.AsArray().Select(parameter => (string)parameter!["name"]!).ShouldBe(["limit", "q", "state", "vehicle", "from", "to", "sort", "page", "page_size"]);
        recordings["parameters"]![2]!["schema"]!["enum"]!.AsArray().Select(value => (string)value!).ShouldBe(["accepted", "written", "committed", "dead_lettered"]);
        recordings["responses"]!["200"]!["content"]!["application/json"]!["schema"]!["oneOf"]!.AsArray().Count.ShouldBe(2);
        var page = description["components"]!["schemas"]!["PageOfRecordingRow"]!;
        page["properties"]!["total"]!["type"]!.GetValue<string>().ShouldBe("integer");
        page["properties"]!["items"]!["items"]!["$ref"]!.GetValue<string>().ShouldBe("#/components/schemas/RecordingRow");

        var error = description["components"]!["schemas"]!["ApiError"]!["properties"]!.AsObject();
        error.Select(property => property.Key).ShouldBe(["code", "message", "requestId"]);
        description["paths"]!["/api/v1/studies"]!["post"]!["requestBody"]!["content"]!["application/json"]!["schema"]!["$ref"]!.GetValue<string>().ShouldBe("#/components/schemas/StudyRequest");
    }

    [Fact]
    public async Task What_was_promised_in_version_one_is_still_kept()
    {
        var frozen = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "schemas", "openapi", "v1.json"), TestContext.Current.CancellationToken))!.AsObject();
        await using var host = ApiHost.Create();

        ApiPromise.Broken(frozen, ApiDescription.Describe(host.Endpoints)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("removes an operation", "paths//api/v1/status")]
    [InlineData("removes a property of an answer", "components/schemas/RecordingRow/properties/file_name")]
    [InlineData("removes a value that requests may use", "paths//api/v1/recordings/get/parameters/2/schema/enum/0")]
    [InlineData("removes a parameter", "paths//api/v1/recordings/get/parameters/1")]
    public async Task A_description_that_takes_something_away_is_noticed(string change, string place)
    {
        await using var host = ApiHost.Create();
        var before = ApiDescription.Describe(host.Endpoints);
        var after = before.DeepClone().AsObject();

        Remove(after, place);

        ApiPromise.Broken(before, after).ShouldNotBeEmpty(change);
        ApiPromise.Broken(after, before).ShouldBeEmpty("giving more breaks nothing");
    }

    [Fact]
    public async Task A_request_that_newly_demands_something_is_noticed()
    {
        await using var host = ApiHost.Create();
        var before = ApiDescription.Describe(host.Endpoints);
        var after = before.DeepClone().AsObject();
        after["components"]!["schemas"]!["RunQuery"]!["required"] = new JsonArray("limit");

        ApiPromise.Broken(before, after).ShouldHaveSingleItem().ShouldContain("limit");
    }

    [Fact]
    public async Task A_foreign_tool_finds_the_description_valid()
    {
        await using var host = ApiHost.Create();
        using var folder = new TemporaryFolder();
        var description = ApiDescription.Describe(host.Endpoints);
        await File.WriteAllTextAsync(folder["openapi.json"], description.ToJsonString(), TestContext.Current.CancellationToken);

        var found = await NodeScript.RunAsync("openapi-validate.mjs", folder["openapi.json"]);

        found.GetProperty("version").GetString().ShouldBe("3.1.0");
        found.GetProperty("operations").GetArrayLength().ShouldBe(host.Endpoints.Count);
        found.GetProperty("operations").EnumerateArray().Select(operation => operation.GetString()).ShouldBeUnique();
    }

    // A path of the document's own has slashes: it is what follows an empty step.
    private static void Remove(JsonObject document, string place)
    {
        var steps = place.StartsWith("paths//", StringComparison.Ordinal) ? PathSteps(place) : place.Split('/');
        JsonNode at = document;
        foreach (string step in steps[..^1]) at = at is JsonArray array ? array[int.Parse(step)]! : at[step]!;
        if (at is JsonArray list) list.RemoveAt(int.Parse(steps[^1]));
        else at.AsObject().Remove(steps[^1]).ShouldBeTrue();
    }

    private static string[] PathSteps(string place)
    {
        string rest = place["paths/".Length..];
        int method = rest.IndexOf("/get", StringComparison.Ordinal);
        return method < 0 ? ["paths", rest] : ["paths", rest[..method], .. rest[(method + 1)..].Split('/')];
    }
}
