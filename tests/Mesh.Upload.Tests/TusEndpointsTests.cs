using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Mesh.Testing;

namespace Mesh.Upload.Tests;

public sealed class TusEndpointsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task What_the_server_can_do_is_told_to_those_who_ask()
    {
        await using var server = await UploadServer.StartAsync(folder);

        using var answer = await server.Http.SendAsync(new HttpRequestMessage(HttpMethod.Options, "/uploads"), token);

        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        Header(answer, "Tus-Version").ShouldBe("1.0.0");
        Header(answer, "Tus-Extension").ShouldBe("creation,creation-with-upload,termination");
    }

    [Fact]
    public async Task A_request_of_another_protocol_version_is_refused_with_the_one_spoken()
    {
        await using var server = await UploadServer.StartAsync(folder);
        var request = new HttpRequestMessage(HttpMethod.Post, "/uploads");
        request.Headers.Add("Tus-Resumable", "0.2.2");

        using var answer = await server.Http.SendAsync(request, token);

        answer.StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
        Header(answer, "Tus-Version").ShouldBe("1.0.0");
    }

    [Fact]
    public async Task Bytes_with_another_hash_than_announced_are_answered_460_and_nothing_is_kept()
    {
        await using var server = await UploadServer.StartAsync(folder);
        string location = await CreateAsync(server, 5, ("vehicle", "V1"), ("sha256", new string('0', 64)));

        using var answer = await PatchAsync(server, location, 0, "hello"u8.ToArray());

        ((int)answer.StatusCode).ShouldBe(460);
        Header(answer, "Mesh-Result").ShouldBe("refused");
        Header(answer, "Mesh-Code").ShouldBe("MESH1013");
        Directory.EnumerateFiles(folder["landing"], "*", SearchOption.AllDirectories).ShouldBeEmpty();
        (await server.Outbox.PeekAsync(1, token)).ShouldBeEmpty();
        (await HeadAsync(server, location)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Appending_elsewhere_than_at_the_end_is_a_conflict_and_changes_nothing()
    {
        await using var server = await UploadServer.StartAsync(folder);
        string location = await CreateAsync(server, 10, ("vehicle", "V1"));
        using var first = await PatchAsync(server, location, 0, "hello"u8.ToArray());

        using var conflict = await PatchAsync(server, location, 3, "xx"u8.ToArray());

        conflict.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        using var head = await HeadAsync(server, location);
        Header(head, "Upload-Offset").ShouldBe("5");
        Header(head, "Upload-Length").ShouldBe("10");
    }

    [Fact]
    public async Task More_bytes_than_announced_are_refused()
    {
        await using var server = await UploadServer.StartAsync(folder);
        string location = await CreateAsync(server, 3, ("vehicle", "V1"));

        using var answer = await PatchAsync(server, location, 0, "hello"u8.ToArray());

        answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        Header(answer, "Mesh-Code").ShouldBe("MESH1012");
    }

    [Theory]
    [InlineData("", "MESH1003")]
    [InlineData("two words", "MESH1003")]
    [InlineData("../../etc/passwd", "MESH1003")]
    [InlineData("WVWZZZ1JZXW000001", "MESH1004")]
    public async Task A_vehicle_id_that_is_none_or_a_VIN_is_refused(string vehicle, string code)
    {
        await using var server = await UploadServer.StartAsync(folder);

        using var answer = await PostAsync(server, 5, ("vehicle", vehicle));

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        Header(answer, "Mesh-Result").ShouldBe("refused");
        Header(answer, "Mesh-Code").ShouldBe(code);
    }

    [Fact]
    public async Task With_a_key_a_VIN_becomes_a_stable_pseudonym()
    {
        await using var server = await UploadServer.StartAsync(folder, options => options with { VinKey = "secret" });
        string location = await CreateAsync(server, 5, ("vehicle", "WVWZZZ1JZXW000001"));
        using var answer = await PatchAsync(server, location, 0, "hello"u8.ToArray());

        var recording = (await server.Recordings.ListAsync(1, token)).ShouldHaveSingleItem();

        recording.VehicleId.ShouldStartWith("v-");
        recording.VehicleId.ShouldBe(VehiclePseudonym.Of("wvwzzz1jzxw000001", "secret"));
        recording.VehicleId.ShouldNotBe(VehiclePseudonym.Of("WVWZZZ1JZXW000001", "another"));
    }

    [Theory]
    [InlineData("0", "MESH1005")]
    [InlineData("-1", "MESH1015")]
    [InlineData("99999999999999999999", "MESH1015")]
    [InlineData("2000", "MESH1006")]
    public async Task A_length_that_cannot_be_is_refused(string length, string code)
    {
        await using var server = await UploadServer.StartAsync(folder, options => options with { MaxBytes = 1000 });
        var request = new HttpRequestMessage(HttpMethod.Post, "/uploads");
        request.Headers.Add("Tus-Resumable", "1.0.0");
        request.Headers.TryAddWithoutValidation("Upload-Length", length);
        request.Headers.Add("Upload-Metadata", Metadata(("vehicle", "V1")));

        using var answer = await server.Http.SendAsync(request, token);

        ((int)answer.StatusCode).ShouldBeInRange(400, 413);
        Header(answer, "Mesh-Code").ShouldBe(code);
    }

    [Fact]
    public async Task Below_the_floor_of_free_disk_space_uploads_wait()
    {
        await using var server = await UploadServer.StartAsync(folder, options => options with { MinFreeBytes = long.MaxValue / 2 });

        using var answer = await PostAsync(server, 5, ("vehicle", "V1"));

        answer.StatusCode.ShouldBe(HttpStatusCode.InsufficientStorage);
        Header(answer, "Mesh-Code").ShouldBe("MESH1014");
        (await answer.Content.ReadAsStringAsync(token)).ShouldContain("\"transient\":true");
    }

    [Fact]
    public async Task A_terminated_upload_is_forgotten()
    {
        await using var server = await UploadServer.StartAsync(folder);
        string location = await CreateAsync(server, 10, ("vehicle", "V1"));
        using var part = await PatchAsync(server, location, 0, "hello"u8.ToArray());
        var request = new HttpRequestMessage(HttpMethod.Delete, location);
        request.Headers.Add("Tus-Resumable", "1.0.0");

        using var answer = await server.Http.SendAsync(request, token);

        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await HeadAsync(server, location)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        Directory.EnumerateFiles(folder["landing", ".uploads"]).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_id_that_is_a_path_is_unknown()
    {
        await using var server = await UploadServer.StartAsync(folder);

        (await HeadAsync(server, "/uploads/..%2f..%2fmesh.db")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Somebody_elses_client_breaks_off_and_resumes()
    {
        await using var server = await UploadServer.StartAsync(folder);
        byte[] bytes = RandomNumberGenerator.GetBytes(1_000_003);
        string file = folder["drive.mcap"];
        await File.WriteAllBytesAsync(file, bytes, token);

        var report = await NodeScript.RunAsync("tus-upload.mjs", server.Address, file, "V1");

        report.GetProperty("interrupted_at").GetInt64().ShouldBeInRange(1, bytes.Length - 1);
        report.GetProperty("resumed_first").GetInt64().ShouldBeGreaterThan(report.GetProperty("interrupted_at").GetInt64());
        report.GetProperty("answer").GetProperty("result").GetString().ShouldBe("accepted");
        var recording = (await server.Recordings.ListAsync(10, token)).ShouldHaveSingleItem();
        recording.IngestId.ToString().ShouldBe(report.GetProperty("answer").GetProperty("ingest_id").GetString());
        recording.ContentSha256.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(bytes)));
        recording.FileName.ShouldBe("drive.mcap");
    }

    private async Task<string> CreateAsync(UploadServer server, long length, params (string Key, string Value)[] metadata)
    {
        using var answer = await PostAsync(server, length, metadata);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        return answer.Headers.Location!.ToString();
    }

    private Task<HttpResponseMessage> PostAsync(UploadServer server, long length, params (string Key, string Value)[] metadata)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/uploads");
        request.Headers.Add("Tus-Resumable", "1.0.0");
        request.Headers.Add("Upload-Length", length.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("Upload-Metadata", Metadata(metadata));
        return server.Http.SendAsync(request, token);
    }

    private Task<HttpResponseMessage> PatchAsync(UploadServer server, string location, long offset, byte[] bytes)
    {
        var request = new HttpRequestMessage(HttpMethod.Patch, location) { Content = new ByteArrayContent(bytes) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        request.Headers.Add("Tus-Resumable", "1.0.0");
        request.Headers.Add("Upload-Offset", offset.ToString(CultureInfo.InvariantCulture));
        return server.Http.SendAsync(request, token);
    }

    private Task<HttpResponseMessage> HeadAsync(UploadServer server, string location)
    {
        var request = new HttpRequestMessage(HttpMethod.Head, location);
        request.Headers.Add("Tus-Resumable", "1.0.0");
        return server.Http.SendAsync(request, token);
    }

    private static string Metadata(params (string Key, string Value)[] pairs) =>
        string.Join(',', pairs.Select(pair => $"{pair.Key} {Convert.ToBase64String(Encoding.UTF8.GetBytes(pair.Value))}"));

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? values.First() : null;
}
