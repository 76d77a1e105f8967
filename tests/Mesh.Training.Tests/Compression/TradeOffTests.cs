using System.Xml.Linq;
using Mesh.Training.Compression;
using Mesh.Training.Compression.Outcome;

namespace Mesh.Training.Tests.Compression;

public class TradeOffTests
{
    private static readonly VariantLatency ParentLatency = new(100, 120, 90, 200, 50);

    [Fact]
    public void A_variant_is_dominated_by_one_that_is_nowhere_worse_and_somewhere_better()
    {
        var rows = TradeOff.Of([Variant("small", 0.9, 100), Variant("better", 0.92, 100), Variant("tiny", 0.5, 10), Variant("large", 0.92, 150)]);

        rows.Select(row => (row.Name, row.DominatedBy)).ShouldBe(
            [("parent", null), ("better", null), ("large", "better"), ("small", "better"), ("tiny", null)]);
    }

    [Fact]
    public void A_difference_in_latency_within_the_spread_is_none()
    {
        var slow = Variant("slow", 0.9, 100, new VariantLatency(60, 80, 50, 90, 50));
        var overlapping = Variant("same", 0.9, 100, new VariantLatency(50, 70, 40, 90, 50));
        TradeOff.Of([slow, overlapping]).ShouldAllBe(row => row.DominatedBy == null);

        var faster = Variant("fast", 0.9, 100, new VariantLatency(20, 30, 10, 40, 50));
        TradeOff.Of([slow, faster]).Single(row => row.Name == "slow").DominatedBy.ShouldBe("fast");
        // Faster, but larger: both have their use.
        TradeOff.Of([slow, faster with { Validation = faster.Validation! with { Bytes = 101 } }]).ShouldAllBe(row => row.DominatedBy == null);
    }

    [Fact]
    public void Failed_variants_and_those_without_measurement_take_no_part()
    {
        var failed = Variant("failed", 1, 1) with { Status = VariantStatus.Failed };
        var unmeasured = Variant("none", 1, 1) with { Validation = null };

        var rows = TradeOff.Of([failed, unmeasured, Variant("fine", 0.9, 100)]);

        rows.Where(row => row.IsCompared).Select(row => row.Name).ShouldBe(["parent", "fine"]);
        rows.ShouldAllBe(row => row.DominatedBy == null);
        TradeOff.Of([]).ShouldBeEmpty();
    }

    [Fact]
    public void Without_labels_agreement_is_the_quality()
    {
        var close = Variant("close", null, 100) with { };
        var far = Variant("far", null, 100, agreement: 0.7);

        TradeOff.Of([close, far]).Single(row => row.Name == "far").DominatedBy.ShouldBe("close");
    }

    [Fact]
    public void The_plot_is_well_formed_and_shows_every_variant_that_is_compared()
    {
        var rows = TradeOff.Of([Variant("a", 0.9, 2048, ParentLatency), Variant("b", 0.95, 4096, ParentLatency), Variant("worse", 0.8, 4096, ParentLatency), Variant("gone", 0.1, 1) with { Status = VariantStatus.Failed }]);

        var svg = XDocument.Parse(TradeOffPlot.Draw("<m>@1", rows));

        XNamespace name = "http://www.w3.org/2000/svg";
        svg.Root!.Name.ShouldBe(name + "svg");
        var texts = svg.Descendants(name + "text").Select(text => text.Value).ToList();
        foreach (string variant in (string[])["parent", "a", "b", "worse"]) texts.Count(text => text == variant).ShouldBe(2, variant);
        texts.ShouldContain("Variants of <m>@1");
        texts.ShouldNotContain("gone");
        // Two panels, one hollow mark in each: "worse" is dominated by "a", the first that is better in everything.
        svg.Descendants(name + "circle").Count(circle => circle.Attribute("fill")!.Value == "white").ShouldBe(2);
        svg.Descendants(name + "circle").Single(circle => circle.Parent!.ElementsBeforeSelf(name + "g").Any() && circle.Attribute("fill")!.Value == "white").Value.ShouldBe("worse, dominated by a");
        foreach (var circle in svg.Descendants(name + "circle"))
        {
            double.Parse(circle.Attribute("cx")!.Value, System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(0, 370);
            double.Parse(circle.Attribute("cy")!.Value, System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(0, 300);
        }

        XDocument.Parse(TradeOffPlot.Draw("none", [])).Descendants(name + "text").Select(text => text.Value).ShouldContain("No variant could be compared.");
    }

    private static VariantManifest Variant(string profile, double? accuracy, long bytes, VariantLatency? latency = null, double agreement = 0.9) => VariantManifestTests.Example with
    {
        Profile = profile,
        Status = VariantStatus.Ready,
        Validation = VariantManifestTests.Example.Validation! with
        {
            Accuracy = accuracy, ParentAccuracy = accuracy is null ? null : 0.96, Agreement = agreement, Bytes = bytes, ParentBytes = 8192, LatencyUs = latency, ParentLatencyUs = latency is null ? null : ParentLatency,
        },
    };
}
