namespace Mesh.Simulation.Vehicle;

/// <summary>The vehicle at one moment, in SI units; x east, y north, heading anticlockwise from east.</summary>
internal readonly record struct VehicleState
{
    public double X { get; init; }
    public double Y { get; init; }
    public double Heading { get; init; }
    public double Distance { get; init; }
    public double Speed { get; init; }
    public double Acceleration { get; init; }
    public double YawRate { get; init; }

    /// <summary>Angle of the front wheels, positive to the left.</summary>
    public double Steer { get; init; }

    /// <summary>Slope of the road in radians, positive uphill.</summary>
    public double Grade { get; init; }

    /// <summary>Curvature of the road itself, 1/m; what the lane lines follow.</summary>
    public double RoadCurvature { get; init; }

    /// <summary>Distance from the middle of the lane, metres to the left.</summary>
    public double LaneOffset { get; init; }

    public Manoeuvre Manoeuvre { get; init; }
}
