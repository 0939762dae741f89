"""A Streamlit page with one Plotly chart and nothing else: what a page cannot be faster than."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

st.set_page_config(page_title="bare", layout="wide")
st.title("One chart")
st.plotly_chart(go.Figure(go.Scatter(x=list(range(12)), y=[x * x for x in range(12)])))
