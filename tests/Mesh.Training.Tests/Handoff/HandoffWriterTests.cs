using Mesh.Model;
using Mesh.Testing;
using Mesh.Training.Handoff;
using Mesh.Training.Handoff.Verification;

namespace Mesh.Training.Tests.Handoff;

public sealed class HandoffWriterTests(HandoffFixture fixture) : IClassFixture<HandoffFixture>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void A_released_version_is_handed_over_with_everything_and_every_check_passes()
    {
        var report = HandoffVerifier.Verify(fixture.Bundle, null, TimeProvider.System);

        report.Checks.SelectMany(check => check.Findings).Select(finding => $"{finding.Code} {finding.File} {finding.Problem}").ShouldBeEmpty();
        report.Checks.ShouldAllBe(check => check.Status == CheckStatus.Passed);
        (report.Model, report.Passed, report.TrustedKeys).ShouldBe(("manoeuvre@1", true, false));
        string[] expected = [.. HandoffFiles.Required, HandoffFiles.Signature, HandoffFiles.Evaluation, HandoffFiles.JobSpec, "model/preprocess.json", "variants/cpu-int8/model.onnx", "variants/cpu-int8/manifest.json"];
        expected.Except(new BundleFolder(fixture.Bundle).List().Select(file => file.Name)).ShouldBeEmpty();
        report.Checks.Single(check => check.Name == "vectors").Reason.ShouldContain("4 vectors on 2 of 2 ONNX files");
    }

    [Fact]
    public async Task The_same_version_at_the_same_time_gives_the_same_bytes_but_for_signatures()
    {
        var time = new ManualTimeProvider(DateTimeOffset.UtcNow);
        await fixture.WriteAsync(1, fixture.PathOf("first"), time);
        await fixture.WriteAsync(1, fixture.PathOf("second"), time);

        var first = new BundleFolder(fixture.PathOf("first"));
        var second = new BundleFolder(fixture.PathOf("second"));
        first.List().ShouldBe(second.List());
        string[] different = [.. first.List().Select(file => file.Name).Where(name => first.Digest(name) != second.Digest(name))];
        different.ShouldBeSubsetOf([HandoffFiles.Signature, HandoffFiles.Decisions, HandoffFiles.Index, HandoffFiles.ProvenanceOf(new HandoffFacts(first).Lineage.Job.JobId), HandoffFiles.ProvenanceOfVariant("cpu-int8")]);
    }

    [Fact]
    public async Task A_version_that_nobody_approved_is_refused_with_what_is_missing()
    {
        int version = await fixture.TrainAsync();
        var refused = await Should.ThrowAsync<MeshException>(() => fixture.WriteAsync(version, fixture.PathOf("candidate")));
        refused.Code.ShouldBe("MESH9500");
        refused.Message.ShouldContain("candidate; handed over are versions that are approved or released. Missing is: the way there, which begins with validated or retired");

        await fixture.Governed.PromoteAsync(version, "validated", "erin");
        await fixture.Governed.ApproveAsync(version, "sam");
        refused = await Should.ThrowAsync<MeshException>(() => fixture.WriteAsync(version, fixture.PathOf("candidate")));
        refused.Message.ShouldContain("missing is another person with the role release-manager");
        Directory.Exists(fixture.PathOf("candidate")).ShouldBeFalse();

        await fixture.Governed.ApproveAsync(version, "rita");
        await fixture.Governed.PromoteAsync(version, "approved", "erin");
        (await fixture.WriteAsync(version, fixture.PathOf("approved"))).Report.Passed.ShouldBeTrue();
    }

    [Fact]
    public async Task A_bundle_is_never_written_over_something()
    {
        (await Should.ThrowAsync<MeshException>(() => fixture.WriteAsync(1, fixture.Bundle))).Code.ShouldBe("MESH9501");
        Directory.CreateDirectory(fixture.PathOf("empty"));
        (await fixture.WriteAsync(1, fixture.PathOf("empty"))).Report.Passed.ShouldBeTrue();
        Directory.GetDirectories(fixture.PathOf("")).ShouldAllBe(folder => !folder.EndsWith(".tmp"));
    }

    [Fact]
    public async Task A_model_whose_file_was_changed_is_not_handed_over()
    {
        int version = await fixture.TrainAsync();
        await fixture.Governed.PromoteAsync(version, "validated", "erin");
        await fixture.Governed.ApproveAsync(version, "sam");
        await fixture.Governed.ApproveAsync(version, "rita");
        await fixture.Governed.PromoteAsync(version, "approved", "erin");
        string file = Path.Combine(fixture.Governed.Models.Options.ModelsFolder, "manoeuvre", $"{version}", "model.onnx");
        File.WriteAllBytes(file, HandoffFixture.Model(0.75f));

        (await Should.ThrowAsync<MeshException>(() => fixture.WriteAsync(version, fixture.PathOf("changed")))).Code.ShouldBe("MESH9502");
        File.Delete(file);
        (await Should.ThrowAsync<MeshException>(() => fixture.WriteAsync(version, fixture.PathOf("changed")))).Code.ShouldBe("MESH9502");
        (await Should.ThrowAsync<MeshException>(() => fixture.WriteAsync(99, fixture.PathOf("changed")))).Code.ShouldBe("MESH9620");
    }

    [Fact]
    public async Task A_claim_that_does_not_hold_goes_out_as_failed_and_stops_whoever_verifies()
    {
        // Two of three right is above the threshold, and says nothing.
        int version = await fixture.TrainAsync(HandoffFixture.Evaluation.Replace("\"accuracy\":0.87,\"macro_recall\":0.8,\"count\":80", "\"accuracy\":0.67,\"macro_recall\":0.6,\"count\":3"));
        await fixture.Governed.PromoteAsync(version, "validated", "erin");
        await fixture.Governed.ApproveAsync(version, "sam");
        await fixture.Governed.ApproveAsync(version, "rita");
        await fixture.Governed.PromoteAsync(version, "approved", "erin");

        var report = (await fixture.WriteAsync(version, fixture.PathOf("unsure"))).Report;

        MutableBundle.CodesOf(report).ShouldBe(["MESH9586"]);
        report.Checks.SelectMany(check => check.Findings).ShouldHaveSingleItem().Problem.ShouldContain("accuracy of vehicle_id=V2 is 0.67 of 3 samples, so at 95 % 0.2095 to 0.9396; asked for is >= 0.4");
        report.ReleaseEligible.ShouldBeFalse();
    }

    [Fact]
    public async Task A_model_that_was_trained_before_its_criteria_were_known_is_not_handed_over()
    {
        using var late = new Governance.GovernanceFixture();
        await late.AddPeopleAsync();
        int version = await late.TrainAsync();
        await late.Governance.AnnouncePolicyAsync(Stop);
        (await late.Governance.AnnouncePolicyAsync(Stop)).ShouldBeFalse("what the log says already is no news");
        await late.ReleaseAsync(version);

        var writer = new HandoffWriter(late.Database, late.Governance, TimeProvider.System);
        var refused = await Should.ThrowAsync<MeshException>(() => writer.WriteAsync(
            new HandoffRequest { Name = "manoeuvre", Version = version, Target = fixture.PathOf("late"), JobsFolder = late.Models.Options.JobsFolder, CodeVersion = "1.2.3", Key = late.ServerKey }, Stop));

        refused.Code.ShouldBe("MESH9507");
        refused.Message.ShouldContain("MESH9556 audit/decisions.jsonl: the results are of");
        Directory.Exists(fixture.PathOf("late")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_bundle_comes_whole_through_a_stream_and_nothing_is_written_outside()
    {
        using var stream = new MemoryStream();
        await HandoffArchive.WriteAsync(fixture.Bundle, stream, Stop);
        stream.Position = 0;
        await HandoffArchive.ExtractAsync(stream, fixture.PathOf("streamed"), Stop);
        HandoffVerifier.Verify(fixture.PathOf("streamed"), null, TimeProvider.System).Passed.ShouldBeTrue();

        foreach (var type in (System.Formats.Tar.TarEntryType[])[System.Formats.Tar.TarEntryType.RegularFile, System.Formats.Tar.TarEntryType.SymbolicLink])
        {
            using var hostile = new MemoryStream();
            await using (var tar = new System.Formats.Tar.TarWriter(hostile, leaveOpen: true))
            {
                var entry = new System.Formats.Tar.PaxTarEntry(type, type == System.Formats.Tar.TarEntryType.RegularFile ? "../escaped" : "link");
                if (type == System.Formats.Tar.TarEntryType.SymbolicLink) entry.LinkName = "/etc/passwd";
                await tar.WriteEntryAsync(entry, Stop);
            }

            hostile.Position = 0;
            (await Should.ThrowAsync<MeshException>(() => HandoffArchive.ExtractAsync(hostile, fixture.PathOf("hostile"), Stop))).Code.ShouldBe("MESH9508");
            File.Exists(fixture.PathOf("escaped")).ShouldBeFalse();
            Directory.Exists(fixture.PathOf("hostile")).ShouldBeFalse();
        }
    }

    [Fact]
    public void The_documentation_says_what_each_failure_means()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "handoff", "README.md"));
        FailureGuide.Codes.Where(code => !page.Contains($"| {code} |")).ShouldBeEmpty();
    }
}
