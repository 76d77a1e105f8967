using Mesh.Training.Governance;

namespace Mesh.Training.Tests.Governance;

/// <summary>What a decision would be, before anybody makes it.</summary>
public sealed class PreviewTests : IDisposable
{
    private readonly GovernanceFixture fixture = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task It_says_before_and_not_after_who_may_decide_and_why_others_may_not()
    {
        await fixture.AddPeopleAsync();
        await fixture.AddAsync("sam-at-home", ["safety"], person: "sam");
        await fixture.TrainAsync();
        await fixture.PromoteAsync(1, "validated", "erin");
        await fixture.ApproveAsync(1, "sam");

        var preview = await PreviewAsync(GovernanceAction.Approve);

        preview.Candidates.Where(candidate => candidate.May).Select(candidate => candidate.Name).ShouldBe(["rita"]);
        preview.Candidates.Single(candidate => candidate.Name == "erin").WhyNot!.ShouldContain("needs one of the roles safety, release-manager");
        preview.Candidates.Single(candidate => candidate.Name == "sam-at-home").WhyNot!.ShouldContain("sam has approved manoeuvre@1 already");
        foreach (var candidate in preview.Candidates)
        {
            var request = new GovernanceRequest { Action = GovernanceAction.Approve, Model = "manoeuvre", Version = 1, Reason = "looks right", KeySha256 = candidate.Keys[0] };
            bool isLetThrough = true;
            try
            {
                await fixture.Governance.DraftAsync(request, Stop);
            }
            catch (Model.MeshException exception)
            {
                isLetThrough = false;
                exception.Message.ShouldBe(candidate.WhyNot);
            }

            isLetThrough.ShouldBe(candidate.May, candidate.Name);
        }
    }

    [Fact]
    public async Task It_shows_what_moves_and_evaluates_nothing()
    {
        await fixture.AddPeopleAsync();
        await fixture.TrainAsync();
        long before = (await fixture.Governance.Log.HeadAsync(Stop)).Item1;

        var preview = await PreviewAsync(GovernanceAction.Promote, "validated");

        preview.Changes.ShouldBe([new StateChange("manoeuvre@1", "candidate", "validated")]);
        preview.Gates.Count.ShouldBe(3);
        preview.Evaluation.ShouldBeNull();
        (await fixture.Governance.Log.HeadAsync(Stop)).Item1.ShouldBe(before);

        await fixture.Governance.EvaluateAsync("manoeuvre", 1, "validated", Stop);
        (await PreviewAsync(GovernanceAction.Promote, "validated")).Evaluation!.Passed.ShouldBeTrue();
    }

    [Fact]
    public async Task A_move_that_the_lifecycle_has_not_is_refused_to_everybody_with_the_same_words()
    {
        await fixture.AddPeopleAsync();
        await fixture.TrainAsync();

        var preview = await PreviewAsync(GovernanceAction.Promote, "released");

        preview.Subject.ShouldBeEmpty();
        preview.Candidates.Select(candidate => candidate.WhyNot).Distinct().ShouldHaveSingleItem()!.ShouldContain("The way to released is validated, then approved, then released.");
    }

    private async Task<DecisionPreview> PreviewAsync(GovernanceAction action, string to = "") =>
        await fixture.Governance.PreviewAsync(new GovernanceRequest { Action = action, Model = "manoeuvre", Version = 1, To = to, Reason = "", KeySha256 = "" }, Stop);
}
