using System.CommandLine;
using Mesh.Cli.Commands.Maintenance;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh catalogue ...</c>: the tables of the lake.</summary>
internal static class CatalogueCommand
{
    public static Command Create() => new("catalogue", "The lake's tables: what they are made of, upkeep, cost, erasing rows, history, columns, and serving them to other engines.")
    {
        CatalogueTableCommands.Tables(),
        CatalogueTableCommands.Show(),
        CatalogueTableCommands.Snapshots(),
        CatalogueTableCommands.Files(),
        CatalogueServeCommand.Create(),
        CompactCommand.Create(),
        ManifestsCommand.Create(),
        ExpireCommand.Create(),
        OrphansCommand.Create(),
        TierCommand.Create(),
        CostCommand.Create(),
        DeleteCommand.Create(),
        ReferenceCommands.Tag(),
        ReferenceCommands.Branch(),
        ReferenceCommands.Drop(),
        RollbackCommand.Create(),
        AlterCommand.Create(),
    };
}
