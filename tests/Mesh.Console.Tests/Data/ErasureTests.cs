using Mesh.Commands.Governance;
using Mesh.Commands.Maintenance;
using Mesh.Lakehouse.Maintenance;
using Mesh.Model;
using NSubstitute;
using NSubstitute.ExceptionExtensions;

namespace Mesh.Console.Tests.Data;

public class ErasureTests
{
    private const string DeleteUrl = "/actions/delete-rows?table=chassis.imu&where=vehicle_id%20%3D%20%27V7%27";

    [Fact]
    public async Task The_plan_of_an_erasure_says_how_many_rows_and_files_and_erases_nothing()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Queries.HasTable();
        Finds(console, 300, 2, 5);

        var (status, html) = await console.GetAsync(DeleteUrl);

        status.ShouldBe(200);
        html.ShouldContain("Erase 300 rows of chassis.imu");
        html.ShouldContain("300 of 1,200");
        html.ShouldContain("mesh catalogue delete chassis.imu --where");
        html.ShouldContain("1 branches or tags keep snapshots with the rows");
        await console.Services.Maintenance.DidNotReceive().DeleteAsync(Arg.Any<string>(), Arg.Is<DeleteRequest>(request => !request.DryRun), Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task A_plan_that_still_holds_is_run_once_with_the_same_condition()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Queries.HasTable();
        Finds(console, 300, 2, 5);
        console.Services.Maintenance.DeleteAsync("chassis.imu", Arg.Is<DeleteRequest>(request => !request.DryRun), Arg.Any<CancellationToken>())
            .Returns(new DeletionReport(DataStandIns.Table, false, 300, 2, 5, 0, 33));
        console.Services.Maintenance.GetStatisticsAsync(Arg.Any<string>(), Arg.Any<CancellationToken>()).Returns(new TableStatistics { Table = DataStandIns.Table });

        var (status, html) = await console.RunPlanAsync("/actions/delete-rows", (await console.GetAsync(DeleteUrl)).Html);

        status.ShouldBe(200);
        html.ShouldContain("300 rows were erased.");
        await console.Services.Maintenance.Received(1).DeleteAsync(
            "chassis.imu", Arg.Is<DeleteRequest>(request => !request.DryRun && request.Where == "vehicle_id = 'V7'" && !request.KeepFiles), Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task A_plan_that_has_changed_is_refused_and_nothing_is_erased()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Queries.HasTable();
        Finds(console, 300, 2, 5);
        string plan = (await console.GetAsync(DeleteUrl)).Html;
        Finds(console, 301, 2, 5);

        var (status, html) = await console.RunPlanAsync("/actions/delete-rows", plan);

        status.ShouldBe(409);
        html.ShouldContain("Erase 301 rows");
        await console.Services.Maintenance.DidNotReceive().DeleteAsync(Arg.Any<string>(), Arg.Is<DeleteRequest>(request => !request.DryRun), Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task A_vehicle_is_erased_from_the_tables_that_have_it_and_its_name_is_quoted()
    {
        await using var console = await ConsoleHost.StartAsync();
        var maintenance = console.Services.Maintenance;
        maintenance.ListTablesAsync(Arg.Any<CancellationToken>()).Returns(["raw.a", "raw.b", "raw.c"]);
        maintenance.DeleteAsync("raw.a", Arg.Any<DeleteRequest>(), Arg.Any<CancellationToken>()).Returns(call => new DeletionReport("raw.a", call.Arg<DeleteRequest>().DryRun, 10, 1, 0, 0, 5));
        maintenance.DeleteAsync("raw.b", Arg.Any<DeleteRequest>(), Arg.Any<CancellationToken>()).Returns(call => new DeletionReport("raw.b", call.Arg<DeleteRequest>().DryRun, 0, 0, 0, 0, null));
        maintenance.DeleteAsync("raw.c", Arg.Any<DeleteRequest>(), Arg.Any<CancellationToken>()).ThrowsAsync(new MeshException("MESH8109", "The table has no column 'vehicle_id'."));
        console.Services.Governance.FindByVehicleAsync("O'Neil", Arg.Any<CancellationToken>()).Returns(new AffectedModelsView("vehicle", "O'Neil", 1, []));

        var (_, plan) = await console.GetAsync("/actions/erase?kind=vehicle&id=O%27Neil");
        plan.ShouldContain("1 of 3");
        var (status, html) = await console.RunPlanAsync("/actions/erase", plan);

        status.ShouldBe(200);
        html.ShouldContain("10 rows were erased from 1 tables.");
        await maintenance.Received(1).DeleteAsync("raw.a", Arg.Is<DeleteRequest>(request => !request.DryRun && request.Where == "vehicle_id = 'O''Neil'"), Arg.Any<CancellationToken>());
        await maintenance.DidNotReceive().DeleteAsync("raw.b", Arg.Is<DeleteRequest>(request => !request.DryRun), Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task Where_nothing_is_left_to_erase_the_plan_says_so_and_has_no_button()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Maintenance.ListTablesAsync(Arg.Any<CancellationToken>()).Returns(["raw.a"]);
        console.Services.Maintenance.DeleteAsync("raw.a", Arg.Any<DeleteRequest>(), Arg.Any<CancellationToken>()).Returns(new DeletionReport("raw.a", true, 0, 0, 0, 0, null));

        var (_, html) = await console.GetAsync("/actions/erase?kind=vehicle&id=V7");

        html.ShouldContain("there is nothing left to erase");
        html.ShouldNotContain("method=\"post\"");
    }

    [Fact]
    public async Task What_cannot_be_read_as_a_duration_is_said_and_plans_nothing()
    {
        await using var console = await ConsoleHost.StartAsync();

        var (status, html) = await console.GetAsync("/actions/expire-snapshots?table=chassis.imu&older-than=soon");

        status.ShouldBe(400);
        html.ShouldContain("should be a duration");
        await console.Services.Maintenance.DidNotReceive().ExpireAsync(Arg.Any<string>(), Arg.Any<ExpireRequest>(), Arg.Any<CancellationToken>());
    }

    private static void Finds(ConsoleHost console, long rows, int dropped, int rewritten) =>
        console.Services.Maintenance.DeleteAsync(Arg.Any<string>(), Arg.Is<DeleteRequest>(request => request.DryRun), Arg.Any<CancellationToken>())
            .Returns(new DeletionReport(DataStandIns.Table, true, rows, dropped, rewritten, 0, null));
}
